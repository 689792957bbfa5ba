import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import { makeDocument, makePassage, type DocumentsHarness } from "./documents-fixtures.ts";
import { searchContract } from "./documents-search.ts";

/** What every DocumentStore, Retriever and SentenceScorer guarantees over the same documents. */
export function documentsContract(name: string, open: () => Promise<DocumentsHarness>): void {
  describe(`${name}: the documents`, () => {
    let harness: DocumentsHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    searchContract(() => harness);

    const retrieve = (question: string, limit = 6, tenant = harness.tenant) =>
      harness.documents.retrieve(tenant, question, limit, new AbortController().signal);
    const findTexts = async (question: string) =>
      (await retrieve(question)).map(({ text }) => text);

    it("are listed as they were put", async () => {
      const { documents, tenant } = harness;
      const document = makeDocument({ title: "Größe “📏”" });
      const stored = await documents.putDocument(tenant, document, "hash-1", [
        makePassage("Something"),
      ]);
      expect(stored).toEqual({
        id: stored.id,
        source: document.source,
        title: document.title,
        contentHash: "hash-1",
      });
      const listed = await documents.listDocuments(tenant);
      expect(listed.filter(({ source }) => source === document.source)).toEqual([stored]);
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
      await documents.putDocument(tenant, document, "1", [
        makePassage("Aardvarks dig."),
        makePassage("Aardvarks sleep."),
      ]);
      expect(await findTexts("aardvark")).toHaveLength(2);
      const changed = { ...document, title: "Another title" };
      const stored = await documents.putDocument(tenant, changed, "2", [
        makePassage("Pangolins dig."),
      ]);
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
      await Promise.all(puts);
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

    it("are really gone once they are deleted", async () => {
      const { documents, tenant } = harness;
      const { id } = await documents.putDocument(tenant, makeDocument(), "h", [
        makePassage("Ocelots purr."),
      ]);
      expect(await findTexts("ocelot")).toHaveLength(1);
      expect(await documents.deleteDocument(tenant, id)).toBe(true);
      expect(await documents.deleteDocument(tenant, id)).toBe(false);
      expect(await documents.deleteDocument(tenant, newId("doc"))).toBe(false);
      expect(await findTexts("ocelot")).toEqual([]);
      expect((await documents.listDocuments(tenant)).map((document) => document.id)).not.toContain(
        id,
      );
    });

    it("may have no passages", async () => {
      const { documents, tenant } = harness;
      const { id } = await documents.putDocument(tenant, makeDocument({ text: "" }), "h", []);
      expect((await documents.listDocuments(tenant)).map((document) => document.id)).toContain(id);
    });

    it("of one tenant are nothing to another", async () => {
      const { documents, tenant, otherTenant } = harness;
      const document = makeDocument();
      const { id } = await documents.putDocument(tenant, document, "h", [
        makePassage("Wombats burrow."),
      ]);
      expect(await documents.listDocuments(otherTenant)).toEqual([]);
      expect(await retrieve("wombat", 6, otherTenant)).toEqual([]);
      expect(await documents.deleteDocument(otherTenant, id)).toBe(false);
      const theirs = await documents.putDocument(otherTenant, document, "h", [
        makePassage("Their wombats burrow."),
      ]);
      expect(await findTexts("wombat")).toEqual(["Wombats burrow."]);
      expect((await retrieve("wombat", 6, otherTenant)).map(({ text }) => text)).toEqual([
        "Their wombats burrow.",
      ]);
      await documents.deleteDocument(otherTenant, theirs.id);
      expect(await findTexts("wombat")).toEqual(["Wombats burrow."]);
    });
  });
}
