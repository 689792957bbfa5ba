import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../api/config.ts";
import { openRetrieval } from "../api/retrievers.ts";
import { embedText, embeddingKey, startEmbeddingServer } from "./support/embedding-server.ts";
import type { EmbeddingServer } from "./support/embedding-server.ts";
import { createHurriedClock, type HurriedClock } from "./support/hurried-clock.ts";
import { failWith, hang } from "./support/loopback.ts";
import { createRecordingLogger } from "./support/logger.ts";
import {
  pineconeKey,
  startPineconeServer,
  type PineconeServer,
} from "./support/pinecone-server.ts";
import { makeTenant } from "./support/tenant.ts";

const never = new AbortController().signal;
const tenant = makeTenant("demo");

let pinecone: PineconeServer;
let embeddings: EmbeddingServer;
let clock: HurriedClock;

beforeEach(async () => {
  [pinecone, embeddings] = await Promise.all([startPineconeServer(), startEmbeddingServer()]);
  // The start's own deadline is the shortest one.
  clock = createHurriedClock(2000);
});

afterEach(() => Promise.all([pinecone.close(), embeddings.close()]));

function open(env: Record<string, string> = {}) {
  const given = {
    EMBEDDING_BASE_URL: embeddings.baseUrl,
    EMBEDDING_API_KEY: embeddingKey,
    EMBEDDING_MODEL: "text-embedding-3-small",
    EMBEDDING_DIMENSIONS: "64",
    PINECONE_API_KEY: pineconeKey,
    PINECONE_CONTROLLER_HOST: pinecone.url,
    ...env,
  };
  const secrets = { secretKey: "made", jwtSecretKey: "made", adminToken: "made" };
  const { vectors } = readConfig(given, ".", () => secrets);
  return openRetrieval(vectors, {
    lexical: { retrieve: async () => ({ passages: [], degraded: [] }) },
    passages: { findPassages: async () => [] },
    embedded: {
      readState: async () => ({ isBehind: false, stale: new Set() }),
      embedBehind: async () => undefined,
    },
    clock,
    logger: createRecordingLogger(),
  });
}

const nameOf = (more = "") => `text-embedding-3-small and Pinecone's index miptech${more}`;

it("an index that is there is used", async () => {
  pinecone.addIndex("miptech");
  const { name, warning, vectors, isUp } = await open();
  expect({ name, warning, isUp: isUp() }).toEqual({
    name: nameOf(),
    warning: undefined,
    isUp: true,
  });
  const values = embedText("beans", 64);
  expect(await vectors?.embedder.embed(["beans"], never)).toEqual([values]);
  await vectors?.vectors.upsert("demo", [{ id: "psg_1", documentId: "doc_1", values }]);
  expect(await vectors?.vectors.count("demo")).toBe(1);
});

it("an index that isn't there is made where the settings say, and waited for until it is ready", async () => {
  pinecone.queue((request) => {
    pinecone.addIndex("miptech", { initializing: 3 });
    pinecone.queue(() => ({ status: 409, body: "" }));
    return { status: 404, body: request.path };
  });
  const { name, warning } = await open();
  expect({ name, warning }).toEqual({ name: nameOf(), warning: undefined });
  expect(clock.pauses.filter((pause) => pause === 1000)).toHaveLength(3);

  const made = await startPineconeServer();
  const env = { PINECONE_CONTROLLER_HOST: made.url, PINECONE_ENV: "europe-west4-gcp" };
  expect((await open(env)).name).toBe(nameOf(", made just now in gcp europe-west4"));
  expect(made.indexes.get("miptech")).toMatchObject({ cloud: "gcp", region: "europe-west4" });
  await made.close();
});

describe("what somebody has to mend ends the start, and says what", () => {
  it("an index of other dimensions", async () => {
    pinecone.addIndex("miptech", { dimension: 1536 });
    const message = expect.stringContaining(
      "the index miptech has vectors of 1536 dimensions, and those of the embedding model have 64",
    );
    await expect(open()).rejects.toMatchObject({ name: "StartError", message });
  });

  it("an index that compares in another way", async () => {
    pinecone.addIndex("miptech", { metric: "dotproduct" });
    const message = expect.stringContaining("by dotproduct; cosine is needed");
    await expect(open()).rejects.toMatchObject({ name: "StartError", message });
  });

  it("a key that is refused, without repeating it", async () => {
    const refused = await open({ PINECONE_API_KEY: "pcsk_wrong" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      name: "StartError",
      message: expect.stringContaining("HTTP 401"),
    });
    expect(String(refused)).not.toContain("pcsk_wrong");
  });
});

describe("a Pinecone that is away doesn't hold the start up, and is used once it is back:", () => {
  it("one that fails", async () => {
    pinecone.use(failWith(503));
    const { retriever, warning } = await open();
    expect(warning).toContain("HTTP 503");
    expect(warning).toContain("questions are searched by their words alone");
    const ask = () => retriever.retrieve(tenant, "beans", 6, never);
    expect((await ask()).degraded).toEqual(["retrieval_lexical"]);
    pinecone.use(undefined);
    clock.after(1500, () => undefined);
    await expect.poll(async () => (await ask()).degraded).toEqual([]);
  });

  it("one that doesn't answer", async () => {
    pinecone.use(hang);
    const opening = open();
    await pinecone.nth(0);
    clock.expire();
    expect((await opening).warning).toContain("it doesn't answer");
  });
});

it("without settings words alone are searched, and nobody is asked", async () => {
  const { vectors, name, isUp, retriever } = await open({ PINECONE_API_KEY: "" });
  expect({ vectors, name, isUp: isUp() }).toEqual({
    vectors: undefined,
    name: undefined,
    isUp: undefined,
  });
  expect(await retriever.retrieve(tenant, "beans", 6, never)).toEqual({
    passages: [],
    degraded: [],
  });
  expect([...pinecone.requests, ...embeddings.requests]).toEqual([]);
});
