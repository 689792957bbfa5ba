import { describe, expect, it } from "vitest";
import type { Tenant } from "../../api/core/tenant.ts";
import { fill, findTexts, type OpenSearch, put } from "./search-fixtures.ts";

/** What the index holds after documents have come and gone. */
export function searchCountsContract(open: OpenSearch): void {
  const count = (tenant: Tenant, ...terms: string[]) =>
    open().readIndex(tenant, async (index) => {
      const { passages, length, languages, frequencies } = await index.readStatistics(terms);
      return { passages, length, languages, frequencies: Object.fromEntries(frequencies) };
    });
  const empty = { passages: 0, length: 0, languages: [], frequencies: {} };

  describe("in its counts", () => {
    it("counts passages, words and languages exactly", async () => {
      const tenant = await fill(open(), [
        { title: "Birds", passages: ["The heron eats.", "The heron and the stork."] },
        { passages: ["Der Storch und die Ente sind nicht hier."] },
      ]);
      expect(await count(tenant, "heron", "stork", "storch", "bird", "nothing")).toEqual({
        passages: 3,
        length: 16,
        languages: ["de", "en"],
        frequencies: { heron: 2, stork: 1, storch: 1, bird: 2 },
      });
    });

    it("leaves no term of what was replaced or deleted behind", async () => {
      const tenant = await open().addTenant();
      const terms = ["heron", "stork", "pelican"];
      const source = "birds";
      await put(open(), tenant, { source, passages: ["A heron.", "A stork."] });
      const id = await put(open(), tenant, { source, passages: ["A pelican and a stork."] });
      expect(await count(tenant, ...terms)).toMatchObject({
        passages: 1,
        frequencies: { pelican: 1, stork: 1 },
      });
      expect(await findTexts(open(), tenant, "heron")).toEqual([]);
      await open().documents.deleteDocument(tenant, id);
      expect(await count(tenant, ...terms)).toEqual(empty);
      const similar = await open().readIndex(tenant, (index) => index.findSimilar("pelicans"));
      expect(similar).toEqual([]);
    });

    it("is right after many have put, replaced and deleted at once, and nobody was stopped", async () => {
      const tenant = await open().addTenant();
      const words = ["heron", "stork", "pelican", "egret", "avocet", "crane"];
      const textOf = (n: number) =>
        [...words.slice(n % words.length), ...words.slice(0, n % words.length)].join(" ");
      const numbers = Array.from({ length: 12 }, (_, n) => n);
      const ids = await Promise.all(
        numbers.map((n) =>
          put(open(), tenant, { source: `${n}`, passages: [textOf(n), textOf(n + 1)] }),
        ),
      );
      await Promise.all([
        ...numbers
          .slice(0, 4)
          .map((n) => put(open(), tenant, { source: `${n}`, passages: [textOf(n)] })),
        ...numbers.slice(4, 8).map((n) => open().documents.deleteDocument(tenant, ids[n] ?? "")),
        ...numbers
          .slice(8, 10)
          .flatMap((n) => [
            open().documents.deleteDocument(tenant, ids[n] ?? ""),
            open().documents.deleteDocument(tenant, ids[n] ?? ""),
          ]),
        ...numbers.map(() => findTexts(open(), tenant, "heron")),
      ]);
      const passages = 4 + 2 * 2;
      expect(await count(tenant, ...words)).toEqual({
        passages,
        length: passages * words.length,
        languages: ["en"],
        frequencies: Object.fromEntries(words.map((word) => [word, passages])),
      });
    });
  });
}
