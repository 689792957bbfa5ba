import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createOpenAIEmbedder,
  embeddingLimits,
  type OpenAIEmbedderDeps,
} from "../../../api/adapters/openai/embedder.ts";
import type { Embedder } from "../../../api/core/retrieval/embedder.ts";
import {
  embeddingKey,
  embedText,
  startEmbeddingServer,
  type EmbeddingBody,
  type EmbeddingServer,
} from "../../support/embedding-server.ts";
import { createHurriedClock, type HurriedClock } from "../../support/hurried-clock.ts";
import { failWith, hang } from "../../support/loopback.ts";

const requestMs = 30_000;
const never = new AbortController().signal;

let server: EmbeddingServer;
let clock: HurriedClock;
let embedder: Embedder;

function open(deps: Partial<OpenAIEmbedderDeps> = {}): Embedder {
  return createOpenAIEmbedder({
    apiKey: embeddingKey,
    baseUrl: server.baseUrl,
    model: "text-embedding-3-small",
    dimensions: 64,
    asksDimensions: true,
    clock,
    requestMs,
    retryMs: 20_000,
    ...deps,
  });
}

beforeEach(async () => {
  server = await startEmbeddingServer();
  clock = createHurriedClock(requestMs);
  embedder = open();
});

afterEach(() => server.close());

const bodies = () => server.requests.map(({ body }) => body as EmbeddingBody);

it("embeds each text, in the order of the texts, whatever the order of the answer", async () => {
  const texts = ["sow beans", "water tomatoes", "prune roses"];
  const expected = texts.map((text) => embedText(text, 64));
  expect(await embedder.embed(texts, never)).toEqual(expected);
  const data = expected.map((embedding, index) => ({ index, embedding })).toReversed();
  server.use(() => ({ body: { data } }));
  expect(await embedder.embed(texts, never)).toEqual(expected);
});

it("asks the model for vectors of that length only where it can be asked", async () => {
  await embedder.embed(["beans"], never);
  await open({ asksDimensions: false, dimensions: 256, model: "nomic-embed-text" }).embed(
    ["beans"],
    never,
  );
  expect(bodies()[0]).toMatchObject({ model: "text-embedding-3-small", dimensions: 64 });
  expect(bodies()[1]?.model).toBe("nomic-embed-text");
  expect(bodies()[1]).not.toHaveProperty("dimensions");
});

it("takes lists of numbers too, from servers that know nothing of base64", async () => {
  const embedding = embedText("beans", 64);
  server.use(() => ({ body: { data: [{ index: 0, embedding }] } }));
  expect(await embedder.embed(["beans"], never)).toEqual([embedding]);
});

it("sends no key where there is none", async () => {
  server.use(() => ({ body: { data: [{ index: 0, embedding: embedText("beans", 64) }] } }));
  await open({ apiKey: undefined }).embed(["beans"], never);
  expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
});

it("sends as many texts in a request as may be, by number and by size", async () => {
  const many = Array.from({ length: 600 }, (_, n) => `bean ${n}`);
  expect(await embedder.embed(many, never)).toEqual(many.map((text) => embedText(text, 64)));
  expect(bodies().map(({ input }) => input.length)).toEqual([256, 256, 88]);

  const long = Array.from({ length: 100 }, (_, n) => `${n} ${"豆".repeat(2500)}`);
  expect(await embedder.embed(long, never)).toHaveLength(100);
  const sizes = bodies()
    .slice(3)
    .map(({ input }) => Buffer.byteLength([input].flat().join("")));
  expect(sizes.length).toBeGreaterThan(1);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(embeddingLimits.request);
});

it("takes any text: the longest, the emptiest, and one that breaks a character", async () => {
  const texts = [
    "",
    " \n\t",
    "豆".repeat(100_000),
    "🌱".repeat(50_000),
    "beans \ud83c",
    "a".repeat(9000),
  ];
  const vectors = await embedder.embed(texts, never);
  expect(vectors).toHaveLength(texts.length);
  for (const text of server.texts()) {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(embeddingLimits.text);
    expect(text.isWellFormed()).toBe(true);
    expect(text.trim()).not.toBe("");
  }
});

it("nothing is nothing, and nobody is asked", async () => {
  expect(await embedder.embed([], never)).toEqual([]);
  expect(server.requests).toHaveLength(0);
});

describe("a failure that may pass is tried again", () => {
  for (const status of [408, 429, 500, 503]) {
    it(`${status}`, async () => {
      server.queue(failWith(status), failWith(status, { "retry-after": "7" }));
      expect(await embedder.embed(["beans"], never)).toEqual([embedText("beans", 64)]);
      expect(clock.pauses).toHaveLength(2);
      expect(clock.pauses[1]).toBe(7000);
    });
  }

  it("but only so long, and only what failed", async () => {
    server.use(failWith(503));
    const failed = { failure: "unavailable", message: expect.stringContaining("HTTP 503") };
    await expect(embedder.embed(["beans"], never)).rejects.toMatchObject(failed);
    const tries = server.requests.length;
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThanOrEqual(6);
    server.use(undefined);
    const many = Array.from({ length: 300 }, (_, n) => `bean ${n}`);
    server.queue(failWith(503));
    await embedder.embed(many, never);
    expect(
      bodies()
        .slice(tries)
        .map(({ input }) => input.length),
    ).toEqual([256, 256, 44]);
  });
});

describe("a failure that stays is told at once, by its name", () => {
  const failures: Readonly<Record<string, readonly [number, string, string]>> = {
    "a wrong key": [401, "invalid_api_key", "misconfigured"],
    "an unknown model": [404, "model_not_found", "misconfigured"],
    "no money left": [429, "insufficient_quota", "misconfigured"],
    "a text that it won't have": [400, "content_policy", "refused"],
  };
  for (const [what, [status, code, failure]] of Object.entries(failures)) {
    it(what, async () => {
      server.use(() => ({ status, body: { error: { message: "No", type: code, code } } }));
      const error = { failure, message: `embeddings: HTTP ${status}, ${code}` };
      await expect(embedder.embed(["beans"], never)).rejects.toMatchObject(error);
      expect(server.requests).toHaveLength(1);
    });
  }
});

it("no error repeats the key or the text", async () => {
  const secret = "The combination of the safe is 4711";
  const wrongKey = "sk-wrong-0123456789abcdef";
  const error = await open({ apiKey: wrongKey })
    .embed([secret], never)
    .catch((failure: unknown) => failure);
  expect(error).toMatchObject({ failure: "misconfigured" });
  server.use(({ headers, body }) => ({
    status: 400,
    body: { error: { message: JSON.stringify([headers, body]), code: secret } },
  }));
  const other = await embedder.embed([secret], never).catch((failure: unknown) => failure);
  for (const one of [error, other]) {
    const shown = JSON.stringify([String(one), one, Reflect.get(Object(one), "cause")]);
    expect(shown).not.toContain("4711");
    expect(shown).not.toContain(wrongKey);
    expect(shown).not.toContain(embeddingKey);
  }
});

describe("a malformed answer is named, and is none", () => {
  const good = embedText("beans", 64);
  const answers: Readonly<Record<string, unknown>> = {
    "no JSON": "<html>Bad gateway</html>",
    "no data": {},
    "too few vectors": { data: [] },
    "too many vectors": {
      data: [
        { index: 0, embedding: good },
        { index: 1, embedding: good },
      ],
    },
    "a place that isn't there": { data: [{ index: 7, embedding: good }] },
    "an item that is none": { data: [null] },
    "a vector that is none": { data: [{ index: 0, embedding: { a: 1 } }] },
    "numbers that are none": { data: [{ index: 0, embedding: good.map(String) }] },
    "a vector of zeros": { data: [{ index: 0, embedding: good.map(() => 0) }] },
  };
  for (const [what, body] of Object.entries(answers)) {
    it(what, async () => {
      server.use(() => ({ body }));
      const failed = { name: "RetrievalServiceError", failure: "unavailable" };
      await expect(embedder.embed(["beans"], never)).rejects.toMatchObject(failed);
    });
  }
});

it("vectors of another length are a fault of the settings", async () => {
  const failed = {
    failure: "misconfigured",
    message: "embeddings: vectors of 256 dimensions came, 64 are expected",
  };
  const rigid = open({ asksDimensions: false });
  await expect(rigid.embed(["beans"], never)).rejects.toMatchObject(failed);
});

it("an answer that doesn't come is given up, and its connection closed", async () => {
  server.use(hang);
  const failed = open({ retryMs: 0 }).embed(["beans"], never);
  const request = await server.nth(0);
  clock.expire();
  await expect(failed).rejects.toMatchObject({ message: "embeddings: no answer within 30000 ms" });
  await request.closed;
});

it("an abort closes the request and leaves no timer", async () => {
  server.use(hang);
  const leaving = new AbortController();
  const left = embedder.embed(["beans"], leaving.signal);
  const request = await server.nth(0);
  leaving.abort(new Error("The caller left"));
  await expect(left).rejects.toThrow("The caller left");
  await request.closed;
  expect(clock.timers).toBe(0);
});

it("a server that is away is named by how it fails", async () => {
  await server.close();
  const failed = { failure: "unavailable", message: "embeddings: no connection, ECONNREFUSED" };
  await expect(embedder.embed(["beans"], never)).rejects.toMatchObject(failed);
});
