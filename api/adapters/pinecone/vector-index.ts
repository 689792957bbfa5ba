import type { Index, Pinecone } from "@pinecone-database/pinecone";
import type { PassageVector, VectorIndex, VectorMatch } from "../../core/retrieval/vector-index.ts";
import { callPinecone, type PineconeAccount } from "./call.ts";
import { malformed, PineconeFailure } from "./failure.ts";
import { openIndex, type IndexPlan, type OpenIndex } from "./open-index.ts";

export interface PineconeIndex extends VectorIndex {
  /** Finds or makes the index, which each method does too until it has been found. @throws PineconeFailure */
  open(signal?: AbortSignal): Promise<OpenIndex>;
}

/** Pinecone's own limits are 1,000 records and 2 MB, 1,000 ids to delete; ids to fetch stand in the address. */
export const pineconeLimits = { records: 1000, bytes: 1_900_000, deletes: 1000, fetches: 100 };

/** What a number takes in JSON at most, with its comma, and a record besides its numbers and its ids. */
const bytesOf = { value: 25, record: 120 } as const;

/** Each comes with its values. */
const foundOfDocument = 100;

/**
 * Vectors in Pinecone: a namespace for each tenant, named exactly as its id. Of a passage nothing is kept there but its
 * id, its vector and the id of its document.
 */
export function createPineconeIndex(account: PineconeAccount, plan: IndexPlan): PineconeIndex {
  let opened: Promise<OpenIndex> | undefined;

  /** One for all who wait; a failure, and an index that isn't ready, is asked for anew by the next. */
  function open(signal?: AbortSignal): Promise<OpenIndex> {
    if (!opened) {
      // Not tried again by itself: who waits here is in a hurry, or comes back.
      const opening = openIndex({ ...account, retryMs: 0 }, plan);
      opened = opening;
      const forget = () => void (opened === opening && (opened = undefined));
      opening.then(({ isReady }) => isReady || forget(), forget);
    }
    return untilAborted(opened, signal);
  }

  /** @param ifMissing the result where the tenant has no namespace: nothing was ever written for it, or all is removed. */
  async function inNamespace<Result>(
    tenantId: string,
    signal: AbortSignal | undefined,
    work: (index: TenantIndex) => Promise<Result>,
    ifMissing?: () => Result,
  ): Promise<Result> {
    // An empty name would be Pinecone's default namespace, which is nobody's.
    if (tenantId === "") throw new RangeError("Vectors belong to a tenant");
    const { host, isReady } = await open(signal);
    if (!isReady)
      throw new PineconeFailure("unavailable", `the index ${plan.name} isn't ready yet`);
    try {
      const run = (pinecone: Pinecone) => work(pinecone.index({ host, namespace: tenantId }));
      return await callPinecone(account, run, signal);
    } catch (error) {
      if (error instanceof PineconeFailure) {
        if (ifMissing && error.isNamespaceMissing) return ifMissing();
        // The index may have been made anew elsewhere.
        if (error.status === undefined || error.status === 404) opened = undefined;
      }
      throw error;
    }
  }

  return {
    open,
    async upsert(tenantId, vectors, signal) {
      for (const records of toBatches(vectors)) {
        await inNamespace(tenantId, signal, (index) => index.upsert({ records }));
      }
    },
    query: (tenantId, values, limit, signal) =>
      inNamespace(
        tenantId,
        signal,
        async (index) =>
          readMatches((await index.query({ vector: [...values], topK: limit })).matches),
        () => [],
      ),
    async remove(tenantId, ids, signal) {
      for (const some of slices(ids, pineconeLimits.deletes)) {
        const remove = (index: TenantIndex) => index.deleteMany({ ids: some });
        await inNamespace(tenantId, signal, remove, () => undefined);
      }
    },
    async find(tenantId, ids, signal) {
      const found: string[] = [];
      for (const some of slices(ids, pineconeLimits.fetches)) {
        const fetch = async (index: TenantIndex) =>
          Object.keys((await index.fetch({ ids: some })).records);
        found.push(...(await inNamespace(tenantId, signal, fetch, () => [])));
      }
      return found;
    },
    removeDocument: (tenantId, documentId, signal) =>
      inNamespace(
        tenantId,
        signal,
        (index) => index.deleteMany({ filter: { documentId: { $eq: documentId } } }),
        () => undefined,
      ),
    findDocument: (tenantId, documentId, signal) =>
      inNamespace(
        tenantId,
        signal,
        async (index) => {
          const filter = { documentId: { $eq: documentId } };
          const { records } = await index.fetchByMetadata({ filter, limit: foundOfDocument });
          return Object.keys(records);
        },
        () => [],
      ),
    removeTenant: (tenantId, signal) =>
      inNamespace(
        tenantId,
        signal,
        (index) => index.deleteNamespace(tenantId),
        () => undefined,
      ),
    count: (tenantId, signal) =>
      inNamespace(
        tenantId,
        signal,
        async (index) => readCount((await index.describeNamespace(tenantId)).recordCount),
        () => 0,
      ),
  };
}

type TenantIndex = Index<{ documentId: string }>;

interface VectorRecord {
  readonly id: string;
  readonly values: number[];
  readonly metadata: { documentId: string };
}

/** Within the limits of one request. */
function* toBatches(vectors: readonly PassageVector[]): Generator<VectorRecord[]> {
  let batch: VectorRecord[] = [];
  let bytes = 0;
  for (const { id, documentId, values } of vectors) {
    const size = bytesOf.record + id.length + documentId.length + bytesOf.value * values.length;
    const isFull = batch.length === pineconeLimits.records || bytes + size > pineconeLimits.bytes;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ id, values: [...values], metadata: { documentId } });
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function* slices<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

/** @throws PineconeFailure */
function readMatches(matches: readonly { id: unknown; score?: unknown }[]): VectorMatch[] {
  return matches.map(({ id, score }) => {
    if (typeof id !== "string" || typeof score !== "number" || !Number.isFinite(score)) {
      throw malformed("matches without id or score");
    }
    return { id, score };
  });
}

/** Pinecone writes some of its numbers as texts. @throws PineconeFailure */
function readCount(count: unknown): number {
  const number = Number(count ?? 0);
  if (!Number.isInteger(number)) throw malformed("a namespace without a count");
  return number;
}

async function untilAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (!signal) return promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
