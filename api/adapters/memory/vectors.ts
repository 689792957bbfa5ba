import { RetrievalServiceError } from "../../core/retrieval/service-error.ts";
import type { PassageVector, VectorIndex } from "../../core/retrieval/vector-index.ts";

const foundOfDocument = 100;

/** Vectors in memory, compared one by one by their cosine. @param dimensions how long they are. */
export function createMemoryVectors(dimensions: number): VectorIndex {
  const byTenant = new Map<string, Map<string, PassageVector>>();
  const vectorsOf = (tenantId: string): Map<string, PassageVector> =>
    byTenant.get(tenantId) ?? new Map<string, PassageVector>();

  function check(values: readonly number[]): void {
    if (values.length === dimensions) return;
    const text = `vectors of ${values.length} dimensions came, ${dimensions} are expected`;
    throw new RetrievalServiceError("vectors", "misconfigured", text);
  }

  function idsOf(tenantId: string, documentId: string): string[] {
    const vectors = [...vectorsOf(tenantId).values()];
    return vectors.filter((one) => one.documentId === documentId).map(({ id }) => id);
  }

  return {
    async upsert(tenantId, vectors, signal) {
      signal?.throwIfAborted();
      for (const { values } of vectors) check(values);
      const stored = vectorsOf(tenantId);
      for (const vector of vectors) stored.set(vector.id, vector);
      if (stored.size > 0) byTenant.set(tenantId, stored);
    },
    async query(tenantId, values, limit, signal) {
      signal?.throwIfAborted();
      check(values);
      return [...vectorsOf(tenantId).values()]
        .map((one) => ({ id: one.id, score: cosineOf(one.values, values) }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, limit);
    },
    async remove(tenantId, ids, signal) {
      signal?.throwIfAborted();
      for (const id of ids) vectorsOf(tenantId).delete(id);
    },
    async find(tenantId, ids, signal) {
      signal?.throwIfAborted();
      return ids.filter((id) => vectorsOf(tenantId).has(id));
    },
    async removeDocument(tenantId, documentId, signal) {
      signal?.throwIfAborted();
      for (const id of idsOf(tenantId, documentId)) vectorsOf(tenantId).delete(id);
    },
    async findDocument(tenantId, documentId, signal) {
      signal?.throwIfAborted();
      return idsOf(tenantId, documentId).slice(0, foundOfDocument);
    },
    async removeTenant(tenantId, signal) {
      signal?.throwIfAborted();
      byTenant.delete(tenantId);
    },
    async count(tenantId, signal) {
      signal?.throwIfAborted();
      return vectorsOf(tenantId).size;
    },
  };
}

function cosineOf(a: readonly number[], b: readonly number[]): number {
  const product = dot(a, b);
  return product === 0 ? 0 : product / Math.sqrt(dot(a, a) * dot(b, b));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, place) => sum + value * (b[place] ?? 0), 0);
}
