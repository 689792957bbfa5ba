import { beforeAll, describe, expect, it } from "vitest";
import type { PassageDraft } from "../../api/core/documents/document-store.ts";
import { makeDocument, makePassage, type OpenDocuments } from "./documents-fixtures.ts";

const knowledge: readonly (readonly [string, readonly PassageDraft[]])[] = [
  [
    "Limits",
    [
      makePassage(
        "Each tenant may send sixty requests a minute. Ten more are let through as a burst.",
        "Limits › Requests",
        20,
      ),
      makePassage(
        "A quota counts the messages of one day; it is renewed at midnight.",
        "Limits › Quota",
        140,
      ),
    ],
  ],
  [
    "Widget",
    [
      makePassage(
        "The widget is a custom element. It reconnects by itself when its socket was dropped.",
        "Embedding",
        7,
      ),
    ],
  ],
  [
    "Bäckerei",
    [
      makePassage(
        "Die Bäckerei öffnet um sieben Uhr; Brötchen gibt es ab acht.",
        "Öffnungszeiten",
        0,
      ),
    ],
  ],
];

/** What can be found in documents, and how it is scored. */
export function searchContract(open: OpenDocuments): void {
  describe("a question", () => {
    beforeAll(async () => {
      const { documents, tenant } = open();
      for (const [title, passages] of knowledge) {
        const document = makeDocument({ title, url: `https://example.com/${title}` });
        await documents.putDocument(tenant, document, "h", passages);
      }
    });

    const retrieve = async (question: string, limit = 6) => {
      const { signal } = new AbortController();
      const { documents, tenant } = open();
      return (await documents.retrieve(tenant, question, limit, signal)).passages;
    };

    it("finds passages, with everything that a citation needs", async () => {
      const [best] = await retrieve("How many requests may a tenant send in a minute?");
      expect(best).toEqual({
        id: expect.any(String),
        documentId: expect.any(String),
        title: "Limits",
        url: "https://example.com/Limits",
        heading: "Limits › Requests",
        page: null,
        text: "Each tenant may send sixty requests a minute. Ten more are let through as a burst.",
        start: 20,
        score: expect.any(Number),
      });
      const listed = await open().documents.listDocuments(open().tenant);
      expect(listed.find(({ id }) => id === best?.documentId)).toMatchObject({ title: "Limits" });
    });

    it("finds them whatever the form and the case of the words", async () => {
      expect((await retrieve("REQUEST minutes tenants"))[0]?.heading).toBe("Limits › Requests");
      expect((await retrieve("does the widget reconnect"))[0]?.title).toBe("Widget");
      expect((await retrieve("dropping sockets"))[0]?.title).toBe("Widget");
      expect((await retrieve("BÄCKEREI Brötchen"))[0]?.title).toBe("Bäckerei");
    });

    it("finds the best first, as many as were asked for, with scores from 0 to 1", async () => {
      const passages = await retrieve("tenant requests a minute, and the quota of messages a day");
      expect(passages.length).toBeGreaterThan(1);
      const scores = passages.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      for (const score of scores) expect(score > 0 && score <= 1).toBe(true);
      const first = await retrieve("tenant requests a minute, and the quota of messages a day", 1);
      expect(first).toEqual(passages.slice(0, 1));
    });

    it("finds nothing that has nothing to do with it", async () => {
      for (const question of ["zebra crossings in Ulaanbaatar", "???", "", "   ", "💥", "%", "_"]) {
        expect(await retrieve(question), question).toEqual([]);
      }
    });

    it("may be anything", async () => {
      const questions = [
        "' or 1=1 --",
        "a & | ! : * ( ) <-> b",
        '"unclosed',
        "\\",
        "$1",
        "tenant:*",
        "-tenant",
        "<b>",
        "\u2028\ufffe",
      ];
      for (const question of [
        ...questions,
        "tenant ".repeat(2280),
        "x".repeat(16_000),
        "漢字".repeat(4000),
      ]) {
        expect(await retrieve(question), question.slice(0, 20)).toBeInstanceOf(Array);
        const [score = -1] = await open().documents.scoreSentences(open().tenant, question, [
          "A tenant.",
        ]);
        expect(score >= 0 && score <= 1, question.slice(0, 20)).toBe(true);
      }
    });

    it("scores sentences from 0 to 1, the fitting ones highest, and none where nothing fits", async () => {
      const { documents, tenant } = open();
      const sentences = [
        "The sky is blue.",
        "A quota counts messages.",
        "The quota of a tenant is renewed at midnight.",
        "",
        "Tenants have quotas, and quotas are renewed.",
      ];
      const scores = await documents.scoreSentences(
        tenant,
        "When is a tenant's quota renewed?",
        sentences,
      );
      expect(scores).toHaveLength(sentences.length);
      for (const score of scores) expect(score >= 0 && score <= 1).toBe(true);
      const [sky = 1, counts = 0, renewed = 0, empty = 1, plural = 0] = scores;
      expect(sky).toBe(0);
      expect(empty).toBe(0);
      expect(counts).toBeGreaterThan(0);
      expect(renewed).toBeGreaterThan(counts);
      expect(plural).toBeGreaterThan(counts);
      expect(await documents.scoreSentences(tenant, "When?", [])).toEqual([]);
    });

    it("counts the words of a question that are looked for, without grammar and repetition, up to eight", async () => {
      const { documents, tenant } = open();
      const count = (question: string) => documents.countWords(tenant, question);
      expect(await count("When is a tenant's quota renewed, and when are quotas?")).toBe(3);
      expect(await count("")).toBe(0);
      expect(await count(Array.from({ length: 12 }, (_, i) => `word${i}`).join(" "))).toBe(8);
    });
  });
}
