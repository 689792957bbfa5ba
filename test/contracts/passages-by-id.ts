import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PassageFinder } from "../../api/core/retrieval/hybrid-retriever.ts";
import { makeDocument, type DocumentsHarness } from "./documents-fixtures.ts";

export interface PassagesHarness extends DocumentsHarness {
  readonly passages: PassageFinder;
}

/** What every PassageFinder guarantees. */
export function passagesByIdContract(name: string, open: () => Promise<PassagesHarness>): void {
  describe(`${name}: passages by their ids`, () => {
    let harness: PassagesHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    const drafts = [
      { heading: "Beans", text: "Beans climb on “strings”.", start: 20, page: 1 },
      { heading: "Roses", text: "Roses are pruned in March.", start: 60, page: null },
    ];

    /** Puts the document and finds its passages by their words. */
    async function bring(tenant = harness.tenant, fields = {}) {
      const { documents } = harness;
      const { document } = await documents.putDocument(
        tenant,
        makeDocument(fields),
        "hash",
        drafts,
      );
      const { signal } = new AbortController();
      const { passages } = await documents.retrieve(tenant, "beans roses", 50, signal);
      return passages
        .filter(({ documentId }) => documentId === document.id)
        .map(({ score: _none, ...passage }) => passage)
        .toSorted((a, b) => a.start - b.start);
    }

    const find = async (ids: readonly string[], tenant = harness.tenant) =>
      (await harness.passages.findPassages(tenant, ids)).toSorted((a, b) => a.start - b.start);

    it("are what the search finds, but for the score", async () => {
      const passages = await bring(undefined, { title: "Garden", url: "https://example.com" });
      expect(passages).toMatchObject(
        drafts.map((draft) => ({ ...draft, title: "Garden", url: "https://example.com" })),
      );
      expect(await find(passages.map(({ id }) => id))).toEqual(passages);
      const [, second] = passages;
      expect(await find([second?.id ?? ""])).toEqual([second]);
    });

    it("are those that are there: unknown ids, none, and such that could be SQL are passed over", async () => {
      const passages = await bring();
      const ids = passages.map(({ id }) => id);
      const odd = [
        "psg_unknown",
        "",
        "{}",
        'a"b',
        "a\\b",
        "null",
        "a\0b",
        "\ud800",
        "'; drop table passages; --",
      ];
      expect(await find([...odd, ...ids])).toEqual(passages);
      expect(await find(odd)).toEqual([]);
      expect(await find([])).toEqual([]);
    });

    it("are gone with their document, and with its older version", async () => {
      const { documents, tenant } = harness;
      const source = "docs/replaced.md";
      const before = await bring(tenant, { source });
      const after = await bring(tenant, { source, title: "Another" });
      const ids = [...before, ...after].map(({ id }) => id);
      expect(await find(ids)).toEqual(after);
      await documents.deleteDocument(tenant, after[0]?.documentId ?? "");
      expect(await find(ids)).toEqual([]);
    });

    it("of another tenant aren't found", async () => {
      const ids = (await bring(harness.otherTenant)).map(({ id }) => id);
      expect(ids).toHaveLength(2);
      expect(await find(ids)).toEqual([]);
      expect(await find(ids, harness.otherTenant)).toHaveLength(2);
    });
  });
}
