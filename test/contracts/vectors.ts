import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VectorIndex } from "../../api/core/retrieval/vector-index.ts";

export interface VectorsUnderTest {
  /** Of vectors of four dimensions. */
  readonly vectors: VectorIndex;
  close(): Promise<void>;
}

const east = [1, 0, 0, 0];
const north = [0, 1, 0, 0];
const northEast = [1, 1, 0, 0];

function vector(id: string, values: readonly number[] = east, documentId = "doc_1") {
  return { id, documentId, values };
}

/** What every index of vectors has to do. */
export function vectorsContract(name: string, open: () => Promise<VectorsUnderTest>): void {
  describe(`the vectors of ${name}`, () => {
    let world: VectorsUnderTest;
    let vectors: VectorIndex;

    beforeEach(async () => {
      world = await open();
      ({ vectors } = world);
    });

    afterEach(() => world.close());

    it("are found nearest first, with their cosine, as many as are asked for", async () => {
      await vectors.upsert("a", [
        vector("far", north),
        vector("near", [2, 0, 0, 0]),
        vector("between", northEast),
      ]);
      const found = await vectors.query("a", east, 2);
      expect(found.map(({ id }) => id)).toEqual(["near", "between"]);
      expect(found[0]?.score).toBeCloseTo(1, 5);
      expect(found[1]?.score).toBeCloseTo(Math.SQRT1_2, 5);
    });

    it("take the place of those with the same id", async () => {
      await vectors.upsert("a", [vector("one", east), vector("other", northEast)]);
      await vectors.upsert("a", [vector("one", north)]);
      expect((await vectors.query("a", east, 10)).map(({ id }) => id)).toEqual(["other", "one"]);
      expect(await vectors.count("a")).toBe(2);
    });

    it("are those of their tenant alone, however alike the tenants' ids are", async () => {
      const tenants = ["a", "a-b", "b", "ab", "a-b-c"];
      for (const tenant of tenants) await vectors.upsert(tenant, [vector(`of-${tenant}`)]);
      for (const tenant of tenants) {
        const own = `of-${tenant}`;
        expect((await vectors.query(tenant, east, 10)).map(({ id }) => id)).toEqual([own]);
        expect(await vectors.find(tenant, ["of-a", "of-a-b", "of-b"])).toEqual(
          ["of-a", "of-a-b", "of-b"].filter((id) => id === own),
        );
        expect(await vectors.findDocument(tenant, "doc_1")).toEqual([own]);
        expect(await vectors.count(tenant)).toBe(1);
      }
    });

    it("are removed for their tenant alone", async () => {
      for (const tenant of ["a", "a-b"]) {
        await vectors.upsert(tenant, [
          vector("one"),
          vector("two"),
          vector("three", east, "doc_2"),
        ]);
      }
      await vectors.remove("a", ["one", "unknown"]);
      expect(await vectors.find("a", ["one", "two", "three"])).toEqual(["two", "three"]);
      await vectors.removeDocument("a", "doc_1");
      expect(await vectors.findDocument("a", "doc_1")).toEqual([]);
      expect(await vectors.findDocument("a", "doc_2")).toEqual(["three"]);
      await vectors.removeTenant("a");
      expect(await vectors.count("a")).toBe(0);
      expect(await vectors.count("a-b")).toBe(3);
    });

    it("are none for a tenant that never had any, or has them no more", async () => {
      const expectNone = async () => {
        expect(await vectors.query("a", east, 10)).toEqual([]);
        expect(await vectors.find("a", ["one"])).toEqual([]);
        expect(await vectors.findDocument("a", "doc_1")).toEqual([]);
        expect(await vectors.count("a")).toBe(0);
        await vectors.remove("a", ["one"]);
        await vectors.removeDocument("a", "doc_1");
        await vectors.removeTenant("a");
      };
      await expectNone();
      await vectors.upsert("a", [vector("one")]);
      await vectors.removeTenant("a");
      await expectNone();
    });

    it("are taken in any number, none included", async () => {
      const many = Array.from({ length: 2345 }, (_, n) => vector(`v${n}`, [1, n, 0, 0]));
      await vectors.upsert("a", []);
      await vectors.upsert("a", many);
      expect(await vectors.count("a")).toBe(2345);
      const ids = many.map(({ id }) => id);
      expect((await vectors.find("a", ids)).toSorted()).toEqual(ids.toSorted());
      await vectors.remove("a", ids);
      expect(await vectors.find("a", ids)).toEqual([]);
      await vectors.remove("a", []);
      expect(await vectors.find("a", [])).toEqual([]);
    });

    it("of another length are refused by name", async () => {
      const wrong = { name: "RetrievalServiceError", failure: "misconfigured" };
      await expect(vectors.upsert("a", [vector("one", [1, 0])])).rejects.toMatchObject(wrong);
      await vectors.upsert("a", [vector("one")]);
      await expect(vectors.query("a", [1, 0], 3)).rejects.toMatchObject(wrong);
    });

    it("aren't asked for when the caller has left", async () => {
      const left = AbortSignal.abort(new Error("The caller left"));
      await expect(vectors.query("a", east, 3, left)).rejects.toThrow("The caller left");
      await expect(vectors.upsert("a", [vector("one")], left)).rejects.toThrow("The caller left");
      expect(await vectors.count("a")).toBe(0);
    });
  });
}
