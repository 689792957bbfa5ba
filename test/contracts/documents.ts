import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import type { DocumentStore, NewDocument, PassageDraft, Retriever, SentenceScorer } from "../../api/core/ports.ts";
import type { Tenant } from "../../api/core/tenant.ts";

export interface DocumentsHarness {
  readonly documents: DocumentStore & Retriever & SentenceScorer;
  readonly tenant: Tenant;
  readonly otherTenant: Tenant;
  close(): Promise<void>;
}

const { signal } = new AbortController();

function makeDocument(fields: Partial<NewDocument> = {}): NewDocument {
  const source = `docs/${newId("doc")}.md`;
  return { source, title: "A page", url: null, mediaType: "text/markdown", text: "The text", ...fields };
}

function makePassage(text: string, heading = "", start = 0): PassageDraft {
  return { heading, text, start };
}

const knowledge: readonly (readonly [string, readonly PassageDraft[]])[] = [
  [
    "Limits",
    [
      makePassage("Each tenant may send sixty requests a minute. Ten more are let through as a burst.", "Limits › Requests", 20),
      makePassage("A quota counts the messages of one day; it is renewed at midnight.", "Limits › Quota", 140),
    ],
  ],
  ["Widget", [makePassage("The widget is a custom element. It reconnects by itself when its socket was dropped.", "Embedding", 7)]],
  ["Bäckerei", [makePassage("Die Bäckerei öffnet um sieben Uhr; Brötchen gibt es ab acht.", "Öffnungszeiten", 0)]],
];

/** What every DocumentStore, Retriever and SentenceScorer guarantees over the same documents. */
export function documentsContract(name: string, open: () => Promise<DocumentsHarness>): void {
  describe(`${name}: the documents`, () => {
    let harness: DocumentsHarness;
    beforeAll(async () => {
      harness = await open();
      const { documents, tenant } = harness;
      for (const [title, passages] of knowledge) {
        await documents.putDocument(tenant, makeDocument({ title, url: `https://example.com/${title}` }), "h", passages);
      }
    });
    afterAll(() => harness.close());

    const retrieve = (question: string, limit = 6, tenant = harness.tenant) =>
      harness.documents.retrieve(tenant, question, limit, signal);
    const findTexts = async (question: string) => (await retrieve(question)).map(({ text }) => text);

    it("are listed as they were put", async () => {
      const { documents, tenant } = harness;
      const document = makeDocument({ title: "Größe “📏”" });
      const stored = await documents.putDocument(tenant, document, "hash-1", [makePassage("Something")]);
      expect(stored).toEqual({ id: stored.id, source: document.source, title: document.title, contentHash: "hash-1" });
      const listed = await documents.listDocuments(tenant);
      expect(listed.filter(({ source }) => source === document.source)).toEqual([stored]);
    });

    it("are found by a question, with everything that a citation needs", async () => {
      const [best] = await retrieve("How many requests may a tenant send in a minute?");
      expect(best).toEqual({
        id: expect.any(String),
        documentId: expect.any(String),
        title: "Limits",
        url: "https://example.com/Limits",
        heading: "Limits › Requests",
        text: "Each tenant may send sixty requests a minute. Ten more are let through as a burst.",
        start: 20,
        score: expect.any(Number),
      });
      const listed = await harness.documents.listDocuments(harness.tenant);
      expect(listed.find(({ id }) => id === best?.documentId)).toMatchObject({ title: "Limits" });
    });

    it("are found whatever the form and the case of the words", async () => {
      expect((await retrieve("REQUEST minutes tenants"))[0]?.heading).toBe("Limits › Requests");
      expect((await retrieve("does the widget reconnect"))[0]?.title).toBe("Widget");
      expect((await retrieve("dropping sockets"))[0]?.title).toBe("Widget");
      expect((await retrieve("BÄCKEREI Brötchen"))[0]?.title).toBe("Bäckerei");
    });

    it("come best first, as many as were asked for, with scores from 0 to 1", async () => {
      const passages = await retrieve("tenant requests a minute, and the quota of messages a day");
      expect(passages.length).toBeGreaterThan(1);
      const scores = passages.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      for (const score of scores) expect(score > 0 && score <= 1).toBe(true);
      const first = await retrieve("tenant requests a minute, and the quota of messages a day", 1);
      expect(first).toEqual(passages.slice(0, 1));
    });

    it("are not found by what has nothing to do with them", async () => {
      for (const question of ["zebra crossings in Ulaanbaatar", "???", "", "   ", "💥", "%", "_"]) {
        expect(await retrieve(question), question).toEqual([]);
      }
    });

    it("take any question without a throw", async () => {
      const questions = ["' or 1=1 --", "a & | ! : * ( ) <-> b", '"unclosed', "\\", "$1", "tenant:*", "-tenant", "<b>", "\u2028\ufffe"];
      for (const question of [...questions, "tenant ".repeat(2280), "x".repeat(16_000), "漢字".repeat(4000)]) {
        expect(await retrieve(question), question.slice(0, 20)).toBeInstanceOf(Array);
        const [score = -1] = await harness.documents.scoreSentences(harness.tenant, question, ["A tenant."]);
        expect(score >= 0 && score <= 1, question.slice(0, 20)).toBe(true);
      }
    });

    it("keep their passages to the byte", async () => {
      const { documents, tenant } = harness;
      const text = "Marmalade 👩‍👩‍👧‍👦 e\u0301 שלום \ufffd \r\n\t 'x' \"y\" \\ $1 \u2028 — “curly” ";
      const heading = "Jam › “Marmalade” 🍊";
      await documents.putDocument(tenant, makeDocument(), "h", [makePassage(text, heading, 123_456)]);
      expect((await retrieve("marmalade"))[0]).toMatchObject({ text, heading, start: 123_456, url: null });
    });

    it("are replaced by one of the same source, passages and all", async () => {
      const { documents, tenant } = harness;
      const document = makeDocument();
      await documents.putDocument(tenant, document, "1", [makePassage("Aardvarks dig."), makePassage("Aardvarks sleep.")]);
      expect(await findTexts("aardvark")).toHaveLength(2);
      const changed = { ...document, title: "Another title" };
      const stored = await documents.putDocument(tenant, changed, "2", [makePassage("Pangolins dig.")]);
      expect(await findTexts("aardvark")).toEqual([]);
      expect(await findTexts("pangolin")).toEqual(["Pangolins dig."]);
      expect((await retrieve("pangolin"))[0]).toMatchObject({ documentId: stored.id, title: "Another title" });
      const listed = await documents.listDocuments(tenant);
      expect(listed.filter(({ source }) => source === document.source)).toEqual([stored]);
    });

    it("are replaced as a whole also when two processes do it at once", async () => {
      const { documents, tenant } = harness;
      const document = makeDocument();
      const puts = ["capybara one", "capybara two", "capybara three"].map((text) =>
        documents.putDocument(tenant, document, text, [makePassage(text), makePassage(`${text} again`)]),
      );
      await Promise.all(puts);
      const found = await retrieve("capybara");
      expect(found).toHaveLength(2);
      const listed = (await documents.listDocuments(tenant)).filter(({ source }) => source === document.source);
      expect(listed).toHaveLength(1);
      expect(found.map(({ text }) => text).toSorted()).toEqual([listed[0]?.contentHash, `${listed[0]?.contentHash} again`]);
    });

    it("are really gone once they are deleted", async () => {
      const { documents, tenant } = harness;
      const { id } = await documents.putDocument(tenant, makeDocument(), "h", [makePassage("Ocelots purr.")]);
      expect(await findTexts("ocelot")).toHaveLength(1);
      expect(await documents.deleteDocument(tenant, id)).toBe(true);
      expect(await documents.deleteDocument(tenant, id)).toBe(false);
      expect(await documents.deleteDocument(tenant, newId("doc"))).toBe(false);
      expect(await findTexts("ocelot")).toEqual([]);
      expect((await documents.listDocuments(tenant)).map((document) => document.id)).not.toContain(id);
    });

    it("may have no passages", async () => {
      const { documents, tenant } = harness;
      const { id } = await documents.putDocument(tenant, makeDocument({ text: "" }), "h", []);
      expect((await documents.listDocuments(tenant)).map((document) => document.id)).toContain(id);
    });

    it("of one tenant are nothing to another", async () => {
      const { documents, tenant, otherTenant } = harness;
      const document = makeDocument();
      const { id } = await documents.putDocument(tenant, document, "h", [makePassage("Wombats burrow.")]);
      expect(await documents.listDocuments(otherTenant)).toEqual([]);
      expect(await retrieve("wombat", 6, otherTenant)).toEqual([]);
      expect(await documents.deleteDocument(otherTenant, id)).toBe(false);
      const theirs = await documents.putDocument(otherTenant, document, "h", [makePassage("Their wombats burrow.")]);
      expect(await findTexts("wombat")).toEqual(["Wombats burrow."]);
      expect((await retrieve("wombat", 6, otherTenant)).map(({ text }) => text)).toEqual(["Their wombats burrow."]);
      await documents.deleteDocument(otherTenant, theirs.id);
      expect(await findTexts("wombat")).toEqual(["Wombats burrow."]);
    });

    it("score sentences from 0 to 1, the fitting ones highest, and none where nothing fits", async () => {
      const { documents, tenant } = harness;
      const sentences = [
        "The sky is blue.",
        "A quota counts messages.",
        "The quota of a tenant is renewed at midnight.",
        "",
        "Tenants have quotas, and quotas are renewed.",
      ];
      const scores = await documents.scoreSentences(tenant, "When is a tenant's quota renewed?", sentences);
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
  });
}
