import type { Pinecone } from "@pinecone-database/pinecone";
import { callPinecone, type PineconeAccount } from "./call.ts";
import { malformed, PineconeFailure } from "./failure.ts";

export interface IndexPlan {
  readonly name: string;
  /** Where its data are; undefined: the control plane is asked. */
  readonly host: string | undefined;
  /** How long its vectors are. */
  readonly dimensions: number;
  /** Where it is made when it isn't there, such as `aws` and `us-east-1`. */
  readonly cloud: string;
  readonly region: string;
}

/** An index that takes requests, or will in a moment. */
export interface OpenIndex {
  readonly host: string;
  /** False for a while after it was made. */
  readonly isReady: boolean;
  readonly isNew: boolean;
}

/**
 * Finds the index, and makes it (serverless, by cosine) where there is none. With a `host` the control plane isn't asked:
 * a key may be without rights to it.
 * @throws PineconeFailure, `misconfigured` when the index isn't one for these vectors.
 */
export async function openIndex(
  account: PineconeAccount,
  plan: IndexPlan,
  signal?: AbortSignal,
): Promise<OpenIndex> {
  const { host, name } = plan;
  if (host !== undefined) {
    const index = (pinecone: Pinecone) => pinecone.index({ host }).describeIndexStats();
    checkDimensions((await callPinecone(account, index, signal)).dimension, plan);
    return { host, isReady: true, isNew: false };
  }
  try {
    const model = await callPinecone(
      account,
      (pinecone) => pinecone.indexes.describe(name),
      signal,
    );
    return readIndex(model, plan, false);
  } catch (error) {
    if (!(error instanceof PineconeFailure) || error.status !== 404) throw error;
    return await createIndex(account, plan, signal);
  }
}

async function createIndex(
  account: PineconeAccount,
  plan: IndexPlan,
  signal: AbortSignal | undefined,
): Promise<OpenIndex> {
  const { name, dimensions, cloud, region } = plan;
  const options = {
    name,
    dimension: dimensions,
    metric: "cosine",
    spec: { serverless: { cloud, region } },
  } as const;
  try {
    const model = await callPinecone(
      account,
      (pinecone) => pinecone.indexes.create({ ...options, suppressConflicts: false }),
      signal,
    );
    return readIndex(model, plan, true);
  } catch (error) {
    // Another process of ours was faster.
    if (!(error instanceof PineconeFailure) || error.status !== 409) throw error;
    const model = await callPinecone(
      account,
      (pinecone) => pinecone.indexes.describe(name),
      signal,
    );
    return readIndex(model, plan, false);
  }
}

type IndexModel = Awaited<ReturnType<Pinecone["indexes"]["describe"]>>;

function readIndex(model: IndexModel, plan: IndexPlan, isNew: boolean): OpenIndex {
  const { host, status } = model;
  if (typeof host !== "string" || host === "") throw malformed("an index without a host");
  const isReady = status?.ready === true;
  // Of an index that is being made its schema may not be known yet.
  if (isReady || Object.keys(model.schema?.fields ?? {}).length > 0) {
    checkMetric(
      propertyOf(() => model.metric),
      plan,
    );
    checkDimensions(
      propertyOf(() => model.dimension),
      plan,
    );
  }
  return { host, isReady, isNew };
}

/** The SDK's accessors throw for kinds of indexes that don't have such a property. */
function propertyOf<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function checkDimensions(found: number | undefined, { name, host, dimensions }: IndexPlan): void {
  if (found === dimensions) return;
  const which = host === undefined ? `the index ${name}` : `the index at PINECONE_HOST`;
  const has = found === undefined ? "has no dense vectors" : `has vectors of ${found} dimensions`;
  const text = `${which} ${has}, and those of the embedding model have ${dimensions}`;
  throw new PineconeFailure("misconfigured", text);
}

function checkMetric(found: string | undefined, { name }: IndexPlan): void {
  if (found === undefined || found === "cosine") return;
  const text = `the index ${name} compares vectors by ${found}; cosine is needed`;
  throw new PineconeFailure("misconfigured", text);
}
