import {
  createPineconeIndex,
  type PineconeIndex,
} from "../../../api/adapters/pinecone/vector-index.ts";
import type { IndexPlan } from "../../../api/adapters/pinecone/open-index.ts";
import { createHurriedClock, type HurriedClock } from "../../support/hurried-clock.ts";
import {
  pineconeKey,
  startPineconeServer,
  type PineconeServer,
} from "../../support/pinecone-server.ts";

export const requestMs = 30_000;

/** The real SDK before a server on loopback, on a clock that needn't be waited for. */
export interface PineconeWorld {
  readonly server: PineconeServer;
  readonly clock: HurriedClock;
  readonly vectors: PineconeIndex;
  /** Another one before the same server. */
  open(plan?: Partial<IndexPlan>, apiKey?: string): PineconeIndex;
  close(): Promise<void>;
}

export async function openPineconeWorld(): Promise<PineconeWorld> {
  const server = await startPineconeServer();
  const clock = createHurriedClock(requestMs);
  server.addIndex("miptech", { dimension: 4 });
  const open = (plan: Partial<IndexPlan> = {}, apiKey = pineconeKey) =>
    createPineconeIndex(
      { apiKey, controllerHost: server.url, clock, requestMs, retryMs: 20_000 },
      {
        name: "miptech",
        host: undefined,
        dimensions: 4,
        cloud: "aws",
        region: "us-east-1",
        ...plan,
      },
    );
  return { server, clock, vectors: open(), open, close: server.close };
}
