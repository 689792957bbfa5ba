import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { makeDocument, makePassage, type DocumentsHarness } from "./documents-fixtures.ts";
import { searchContract } from "./documents-search.ts";

const complete = {
  versionId: expect.any(String),
  state: "complete",
  progress: 100,
  error: null,
  updatedAt: expect.any(Date),
};

/** What every DocumentStore, Retriever and SentenceScorer guarantees over the same documents. */
export function documentsContract(name: string, open: () => Promise<DocumentsHarness>): void {
  describe(`${name}: the documents`, () => {
    let harness: DocumentsHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    searchContract(() => harness);

    const retrieve = async (question: string, limit = 6, tenant = harness.tenant) => {
      const { signal } = new AbortController();
      return (await harness.documents.retrieve(tenant, question, limit, signal)).passages;
    };
    const findTexts = async (question: string) =>
      (await retrieve(question)).map(({ text }) => text);

    it("are listed as they were put", async () => {
      const { documents, tenant } = harness;
      const { source, text, ...fields } = makeDocument({
        title: "Größe “📏”",
        url: "https://example.com/a?b=c",
        mediaType: "text/plain",
        text: "Größe “📏”",
      });
      const before = Date.now();
      const put = await documents.putDocument(tenant, { source, text, ...fields }, "hash-1", [
        makePassage("Something"),
      ]);
      const { document } = put;
      expect(put).toEqual({
        document: {
          ...fields,
          source,
          id: document.id,
          contentHash: "hash-1",
          size: 18,
          createdAt: expect.any(Date),
          ingestion: complete,
        },
        created: true,
      });
      expect(Math.abs(document.createdAt.getTime() - before)).toBeLessThan(60_000);
      const listed = await documents.listDocuments(tenant);
      expect(listed.filter((one) => one.source === source)).toEqual([document]);
      expect(await documents.findSource(tenant, source)).toEqual(document);
      expect(await documents.findDocument(tenant, document.id)).toEqual({ ...document, text });
    });

    it("are found neither by another id nor by another source", async () => {
      const { documents, tenant } = harness;
      const { document } = await documents.putDocument(tenant, makeDocument(), "h", []);
      expect(await documents.findDocument(tenant, newId("doc"))).toBeUndefined();
      expect(await documents.findDocument(tenant, document.source)).toBeUndefined();
      expect(await documents.findSource(tenant, document.source.toUpperCase())).toBeUndefined();
      expect(await documents.findSource(tenant, document.id)).toBeUndefined();
    });

    it("are paged in the order of their sources, whatever comes and goes meanwhile", async () => {
      const { documents, tenant } = harness;
      const prefix = newId("doc");
      const put = (name: string) =>
        documents.putDocument(tenant, makeDocument({ source: `${prefix}/${name}` }), "h", []);
      const [, second] = [await put("b"), await put("d ü“📏”"), await put("f")];
      const sources: string[] = [];
      let after: string | undefined;
      do {
        const page = await documents.pageDocuments(tenant, { limit: 2, after });
        expect(page.items.length).toBeLessThanOrEqual(2);
        sources.push(...page.items.map(({ source }) => source));
        if (sources.includes(second.document.source)) {
          await documents.deleteDocument(tenant, second.document.id);
          await put("a");
          await put("e");
        }
        after = page.next ?? undefined;
      } while (after);
      const ours = sources.filter((source) => source.startsWith(prefix));
      expect(ours.slice(0, 2)).toEqual([`${prefix}/b`, `${prefix}/d ü“📏”`]);
      expect(ours.at(-1)).toBe(`${prefix}/f`);
      expect(new Set(sources).size).toBe(sources.length);
    });

    it.each(["x!", "", "AA", "{}"])("refuse %j as the place of a page", async (after) => {
      const { documents, tenant } = harness;
      await expect(documents.pageDocuments(tenant, { limit: 1, after })).rejects.toMatchObject({
        code: "INVALID_CURSOR",
      });
    });

    it("keep their passages to the byte", async () => {
      const { documents, tenant } = harness;
      const text = "Marmalade 👩‍👩‍👧‍👦 e\u0301 שלום \ufffd \r\n\t 'x' \"y\" \\ $1 \u2028 — “curly” ";
      const heading = "Jam › “Marmalade” 🍊";
      await documents.putDocument(tenant, makeDocument(), "h", [
        makePassage(text, heading, 123_456),
      ]);
      expect((await retrieve("marmalade"))[0]).toMatchObject({
        text,
        heading,
        start: 123_456,
        url: null,
      });
    });

    it("are replaced by one of the same source, passages and all", async () => {
      const { documents, tenant } = harness;
      const document = makeDocument();
      const first = await documents.putDocument(tenant, document, "1", [
        makePassage("Aardvarks dig."),
        makePassage("Aardvarks sleep."),
      ]);
      expect(await findTexts("aardvark")).toHaveLength(2);
      const changed = { ...document, title: "Another title", text: "Another text" };
      const put = await documents.putDocument(tenant, changed, "2", [
        makePassage("Pangolins dig."),
      ]);
      const stored = put.document;
      expect(put).toEqual({
        document: {
          ...first.document,
          title: "Another title",
          contentHash: "2",
          size: 12,
          ingestion: complete,
        },
        created: false,
      });
      expect(await findTexts("aardvark")).toEqual([]);
      expect(await findTexts("pangolin")).toEqual(["Pangolins dig."]);
      expect((await retrieve("pangolin"))[0]).toMatchObject({
        documentId: stored.id,
        title: "Another title",
      });
      const listed = await documents.listDocuments(tenant);
      expect(listed.filter(({ source }) => source === document.source)).toEqual([stored]);
    });

    it("are replaced as a whole also when two processes do it at once", async () => {
      const { documents, tenant } = harness;
      const document = makeDocument();
      const puts = ["capybara one", "capybara two", "capybara three"].map((text) =>
        documents.putDocument(tenant, document, text, [
          makePassage(text),
          makePassage(`${text} again`),
        ]),
      );
      const created = (await Promise.all(puts)).filter((put) => put.created);
      expect(created).toHaveLength(1);
      const found = await retrieve("capybara");
      expect(found).toHaveLength(2);
      const listed = (await documents.listDocuments(tenant)).filter(
        ({ source }) => source === document.source,
      );
      expect(listed).toHaveLength(1);
      expect(found.map(({ text }) => text).toSorted()).toEqual([
        listed[0]?.contentHash,
        `${listed[0]?.contentHash} again`,
      ]);
    });

    it("are there as a whole or not at all when they are put and deleted at once", async () => {
      const { documents, tenant } = harness;
      const document = makeDocument();
      const put = (text: string) =>
        documents.putDocument(tenant, document, text, [
          makePassage(text),
          makePassage(`${text} again`),
        ]);
      const { id } = (await put("quokka")).document;
      for (let round = 0; round < 5; round += 1) {
        await Promise.all([put("quokka"), documents.deleteDocument(tenant, id), put("quokka")]);
        const stored = await documents.findSource(tenant, document.source);
        const found = await retrieve("quokka");
        expect(found.map(({ documentId }) => documentId)).toEqual(
          stored ? [stored.id, stored.id] : [],
        );
      }
    });

    it("may have very many passages", async () => {
      const { documents, tenant } = harness;
      const passages = Array.from({ length: 10_000 }, (_, n) => makePassage("x", "", n));
      passages.push(makePassage("Axolotls smile."));
      await documents.putDocument(tenant, makeDocument(), "h", passages);
      expect(await findTexts("axolotl")).toEqual(["Axolotls smile."]);
    });

    it("are really gone once they are deleted", async () => {
      const { documents, tenant } = harness;
      const put = await documents.putDocument(tenant, makeDocument(), "h", [
        makePassage("Ocelots purr."),
      ]);
      const { id } = put.document;
      expect(await findTexts("ocelot")).toHaveLength(1);
      expect(await documents.deleteDocument(tenant, id)).toBe(true);
      expect(await documents.deleteDocument(tenant, id)).toBe(false);
      expect(await documents.deleteDocument(tenant, newId("doc"))).toBe(false);
      expect(await findTexts("ocelot")).toEqual([]);
      expect(await documents.findDocument(tenant, id)).toBeUndefined();
      expect((await documents.listDocuments(tenant)).map((document) => document.id)).not.toContain(
        id,
      );
    });

    it("may have no passages", async () => {
      const { documents, tenant } = harness;
      const put = await documents.putDocument(tenant, makeDocument({ text: "" }), "h", []);
      const { id } = put.document;
      expect((await documents.listDocuments(tenant)).map((document) => document.id)).toContain(id);
    });

    it("of one tenant are nothing to another", async () => {
      const { documents, tenant, otherTenant } = harness;
      const document = makeDocument();
      const put = await documents.putDocument(tenant, document, "h", [
        makePassage("Wombats burrow."),
      ]);
      const { id } = put.document;
      expect(await documents.listDocuments(otherTenant)).toEqual([]);
      expect((await documents.pageDocuments(otherTenant, { limit: 10 })).items).toEqual([]);
      expect(await documents.findDocument(otherTenant, id)).toBeUndefined();
      expect(await documents.findSource(otherTenant, document.source)).toBeUndefined();
      expect(await retrieve("wombat", 6, otherTenant)).toEqual([]);
      expect(await documents.deleteDocument(otherTenant, id)).toBe(false);
      const theirs = await documents.putDocument(otherTenant, document, "h", [
        makePassage("Their wombats burrow."),
      ]);
      expect(await findTexts("wombat")).toEqual(["Wombats burrow."]);
      expect((await retrieve("wombat", 6, otherTenant)).map(({ text }) => text)).toEqual([
        "Their wombats burrow.",
      ]);
      await documents.deleteDocument(otherTenant, theirs.document.id);
      expect(await findTexts("wombat")).toEqual(["Wombats burrow."]);
    });
  });
}
