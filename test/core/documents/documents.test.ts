import { describe, expect, it } from "vitest";
import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import {
  putDocument,
  syncDocuments,
  type DraftDocument,
} from "../../../api/core/documents/documents.ts";
import type {
  DocumentStore,
  NewDocument,
  PassageDraft,
} from "../../../api/core/documents/document-store.ts";
import { makeTenant } from "../../support/tenant.ts";

const tenant = makeTenant("demo");

function makeDraft(source: string, fields: Partial<DraftDocument> = {}): DraftDocument {
  return {
    source,
    url: null,
    mediaType: "text/markdown",
    text: `# Title of ${source}\n\nWords of ${source}.`,
    ...fields,
  };
}

/** A store that tells what was written to it. */
function openStore() {
  const memory = createMemoryDocuments(createTextAnalyzer());
  const puts: { readonly document: NewDocument; readonly passages: readonly PassageDraft[] }[] = [];
  const documents: DocumentStore = {
    ...memory,
    putDocument(owner, document, hash, passages) {
      puts.push({ document, passages });
      return memory.putDocument(owner, document, hash, passages);
    },
  };
  const sources = async () =>
    (await documents.listDocuments(tenant)).map(({ source }) => source).sort();
  return { documents, puts, sources };
}

describe("putting a document", () => {
  it("stores it with its passages and a title", async () => {
    const store = openStore();
    const { document, status } = await putDocument(store, tenant, makeDraft("a.md"));
    expect(status).toBe("created");
    expect(document).toMatchObject({
      source: "a.md",
      title: "Title of a.md",
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(store.puts[0]?.passages).toEqual([
      { heading: "Title of a.md", text: "Words of a.md.", start: 17, page: null },
    ]);
  });

  it.each([
    ["the given one", { title: " Given " }, " Given "],
    ["the first heading", {}, "Title of a.md"],
    ["the first words", { text: "Words.\n\nMore." }, "Words."],
    ["the source", { text: "" }, "a.md"],
  ])("takes %s for its title", async (_, fields, title) => {
    const store = openStore();
    const { document } = await putDocument(store, tenant, makeDraft("a.md", fields));
    expect(document.title).toBe(title);
  });

  it("again without a change writes nothing", async () => {
    const store = openStore();
    const first = await putDocument(store, tenant, makeDraft("a.md"));
    expect(await putDocument(store, tenant, makeDraft("a.md"))).toEqual({
      document: first.document,
      status: "unchanged",
    });
    expect(store.puts).toHaveLength(1);
  });

  it.each([
    ["text", { text: "# Title of a.md\n\nOther words." }],
    ["title", { title: "Other" }],
    ["address", { url: "https://example.com/a" }],
    ["media type", { mediaType: "text/plain" }],
  ])("again with another %s replaces it", async (_, change) => {
    const store = openStore();
    const first = await putDocument(store, tenant, makeDraft("a.md"));
    const second = await putDocument(store, tenant, makeDraft("a.md", change));
    expect(second.status).toBe("replaced");
    expect(second.document.id).toBe(first.document.id);
    expect(second.document.contentHash).not.toBe(first.document.contentHash);
    expect(store.puts).toHaveLength(2);
    expect(await store.sources()).toEqual(["a.md"]);
  });

  it("leaves out what PostgreSQL can't hold, and counts offsets without it", async () => {
    const store = openStore();
    await putDocument(store, tenant, makeDraft("a.md", { text: "# A\0\n\n\0One \ud83d two." }));
    const [put] = store.puts;
    expect(put?.document).toMatchObject({ title: "A", text: "# A\n\nOne \ufffd two." });
    expect(put?.passages).toEqual([
      { heading: "A", text: "One \ufffd two.", start: 5, page: null },
    ]);
  });
});

describe("synchronising documents", () => {
  it("puts the given ones, deletes those of the prefix that are gone, and leaves the others", async () => {
    const store = openStore();
    await putDocument(store, tenant, makeDraft("other/x.md"));
    await syncDocuments(store, tenant, "docs/", [makeDraft("docs/a.md"), makeDraft("docs/b.md")]);
    expect(await store.sources()).toEqual(["docs/a.md", "docs/b.md", "other/x.md"]);
    await syncDocuments(store, tenant, "docs/", [makeDraft("docs/b.md"), makeDraft("docs/c.md")]);
    expect(await store.sources()).toEqual(["docs/b.md", "docs/c.md", "other/x.md"]);
    expect(store.puts.map(({ document }) => document.source)).toEqual([
      "other/x.md",
      "docs/a.md",
      "docs/b.md",
      "docs/c.md",
    ]);
  });

  it("keeps to its tenant", async () => {
    const store = openStore();
    const other = makeTenant("other");
    await syncDocuments(store, other, "docs/", [makeDraft("docs/a.md")]);
    await syncDocuments(store, tenant, "docs/", []);
    expect(await store.documents.listDocuments(other)).toHaveLength(1);
  });

  it("keeps the later of two with the same source", async () => {
    const store = openStore();
    await syncDocuments(store, tenant, "docs/", [
      makeDraft("docs/a.md"),
      makeDraft("docs/a.md", { title: "Later" }),
    ]);
    expect(store.puts.map(({ document }) => document.title)).toEqual(["Later"]);
  });

  it("refuses a document of another prefix before it writes anything", async () => {
    const store = openStore();
    const drafts = [makeDraft("docs/a.md"), makeDraft("other/x.md")];
    await expect(syncDocuments(store, tenant, "docs/", drafts)).rejects.toThrow(RangeError);
    expect(store.puts).toEqual([]);
  });
});
