import { beforeEach, describe, expect, it } from "vitest";
import type { Passage, Retriever } from "../../../api/core/documents/retriever.ts";
import { circuitPause } from "../../../api/core/retrieval/circuit.ts";
import {
  createHybridRetriever,
  type StoredPassage,
} from "../../../api/core/retrieval/hybrid-retriever.ts";
import { RetrievalServiceError } from "../../../api/core/retrieval/service-error.ts";
import type { VectorIndex, VectorMatch } from "../../../api/core/retrieval/vector-index.ts";
import {
  createVectorSearch,
  type VectorSearch,
} from "../../../api/core/retrieval/vector-search.ts";
import { createManualClock, settle, type ManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makePassage } from "./make-passage.ts";
import { makeTenant } from "../../support/tenant.ts";

const tenant = makeTenant("demo");
const never = new AbortController().signal;
const deadlineMs = 2000;
const question = "How do I keep tomatoes alive?";

let clock: ManualClock;
let logger: ReturnType<typeof createRecordingLogger>;
/** What the two services and the words' side do; tests change it. */
let embed: (texts: readonly string[], signal: AbortSignal) => Promise<readonly number[][]>;
let query: (tenantId: string, limit: number) => Promise<readonly VectorMatch[]>;
let byWords: Retriever["retrieve"];
let stored: StoredPassage[];
/** How often somebody was embedded for. */
let asked: number;
/** Documents of another model, and the spaces that documents were embedded in. */
let stale: Set<string>;
let embeddings: string[];
let search: VectorSearch;
let retriever: Retriever;

beforeEach(() => {
  clock = createManualClock();
  logger = createRecordingLogger();
  asked = 0;
  stale = new Set();
  embeddings = [];
  embed = async () => [[1, 0]];
  query = async () => [
    { id: "passage-2", score: 0.9 },
    { id: "passage-1", score: 0.5 },
  ];
  byWords = async () => ({ passages: [makePassage(1, "Text 1", 0.6)], degraded: [] });
  stored = [toStored(makePassage(2, "Text 2", 0))];
  search = createVectorSearch({
    embedder: {
      model: "test",
      embed: (texts, signal) => {
        asked += 1;
        return embed(texts, signal);
      },
    },
    vectors: { query: (id, _values, limit) => query(id, limit) } as VectorIndex,
    clock,
    logger,
    deadlineMs,
    leastSimilarity: 0.25,
  });
  retriever = createHybridRetriever({
    lexical: { retrieve: (...args) => byWords(...args) },
    search,
    passages: {
      findPassages: async (_tenant, ids) => stored.filter(({ id }) => ids.includes(id)),
    },
    embedded: {
      readState: async (_tenant, _space, ids) => ({
        isBehind: stale.size > 0,
        stale: new Set(ids.filter((id) => stale.has(id))),
      }),
      embedBehind: async (_tenant, space) => void embeddings.push(space),
    },
    space: "model 2 index",
    leastSimilarity: 0.25,
  });
});

function toStored({ score: _none, ...passage }: Passage): StoredPassage {
  return passage;
}

const retrieve = (signal = never, limit = 6) => retriever.retrieve(tenant, question, limit, signal);
const lexicalOnly = { degraded: ["retrieval_lexical"] };
const unavailable = () =>
  Promise.reject(new RetrievalServiceError("embeddings", "unavailable", "HTTP 503"));
/** Never answers, and ends with its signal. */
const stall = (_texts: readonly string[], signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

it("what words and vectors find comes together, the text from the database", async () => {
  const { passages, degraded } = await retrieve();
  expect(degraded).toEqual([]);
  expect(passages.map(({ id, text }) => [id, text])).toEqual([
    ["passage-1", "Text 1"],
    ["passage-2", "Text 2"],
  ]);
});

it("vectors whose passages are gone are passed over, without a place among the ranks", async () => {
  query = async () => [
    { id: "passage-of-an-older-version", score: 0.99 },
    { id: "passage-2", score: 0.9 },
  ];
  byWords = async () => ({ passages: [makePassage(1, "Text 1", 0.1)], degraded: [] });
  const { passages } = await retrieve();
  // Both are first of their side; the more relevant stands before.
  expect(passages.map(({ id }) => id)).toEqual(["passage-2", "passage-1"]);
});

it("what is nearest but has nothing to do with the question isn't found", async () => {
  query = async () => [{ id: "passage-2", score: 0.24 }];
  byWords = async () => ({ passages: [], degraded: [] });
  expect(await retrieve()).toEqual({ passages: [], degraded: [] });
});

it("no more passages come than are asked for", async () => {
  const many = Array.from({ length: 30 }, (_, n) => makePassage(n + 10, `Text ${n}`, 0.5));
  byWords = async () => ({ passages: many, degraded: [] });
  expect((await retrieve(never, 3)).passages).toHaveLength(3);
  embed = unavailable;
  expect((await retrieve(never, 3)).passages).toHaveLength(3);
});

it("the vectors of the asking tenant are searched", async () => {
  let of = "";
  query = async (tenantId) => {
    of = tenantId;
    return [];
  };
  await retriever.retrieve(makeTenant("a-b"), question, 6, never);
  expect(of).toBe("a-b");
});

describe("words alone answer, and say so,", () => {
  it("when a service fails", async () => {
    embed = unavailable;
    const retrieval = await retrieve();
    expect(retrieval).toMatchObject(lexicalOnly);
    expect(retrieval.passages.map(({ id }) => id)).toEqual(["passage-1"]);
  });

  it("when a service is late, which ends its request", async () => {
    let ended = false;
    embed = (texts, signal) => stall(texts, signal).finally(() => (ended = true));
    const retrieval = retrieve();
    await settle();
    clock.advance(deadlineMs);
    expect(await retrieval).toMatchObject(lexicalOnly);
    expect(ended).toBe(true);
    expect(clock.timers).toBe(0);
  });

  it("when we have a fault of our own there, which is logged with all that is known", async () => {
    query = () => Promise.reject(new TypeError("A fault"));
    expect(await retrieve()).toMatchObject(lexicalOnly);
    expect(logger.lines).toMatchObject([
      { level: "error", fields: { err: expect.any(TypeError) } },
    ]);
  });

  it("beside what the words' side had to do without", async () => {
    byWords = async () => ({ passages: [], degraded: ["other"] });
    embed = unavailable;
    expect((await retrieve()).degraded).toEqual(["other", "retrieval_lexical"]);
  });
});

it("a failure of the words' side is an error, and ends the request for vectors", async () => {
  byWords = () => Promise.reject(new Error("The database is away"));
  let ended = false;
  embed = (texts, signal) => stall(texts, signal).finally(() => (ended = true));
  await expect(retrieve()).rejects.toThrow("The database is away");
  await settle();
  expect(ended).toBe(true);
  expect(clock.timers).toBe(0);
  expect(search.isUp).toBe(true);
});

it("a question that was given up is no failure of the services", async () => {
  embed = stall;
  const leaving = new AbortController();
  const left = retrieve(leaving.signal);
  await settle();
  leaving.abort(new Error("The caller left"));
  await expect(left).rejects.toThrow("The caller left");
  expect(search.isUp).toBe(true);
  expect(logger.lines).toEqual([]);
});

it("a question without words isn't embedded", async () => {
  await retriever.retrieve(tenant, " \n", 6, never);
  expect(asked).toBe(0);
});

describe("an outage", () => {
  it("is logged once, and its end too", async () => {
    embed = unavailable;
    for (let n = 0; n < 5; n += 1) {
      await retrieve();
      clock.advance(circuitPause.most);
    }
    expect(search.isUp).toBe(false);
    expect(logger.lines).toMatchObject([
      { level: "warn", fields: { reason: "embeddings: HTTP 503" } },
    ]);
    embed = async () => [[1, 0]];
    expect((await retrieve()).degraded).toEqual([]);
    expect(search.isUp).toBe(true);
    expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
  });

  it("costs the questions behind the first one no time", async () => {
    embed = stall;
    const first = retrieve();
    await settle();
    clock.advance(deadlineMs);
    await first;
    expect(await retrieve()).toMatchObject(lexicalOnly);
    expect(asked).toBe(1);
  });

  it("is tried again by one question at a time, less and less often", async () => {
    embed = unavailable;
    await retrieve();
    const pauses: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const before = asked;
      const since = clock.now();
      while (asked === before) {
        clock.advance(1000);
        await Promise.all([retrieve(), retrieve(), retrieve()]);
      }
      expect(asked).toBe(before + 1);
      pauses.push(clock.now() - since);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("that many questions meet at once counts once", async () => {
    embed = unavailable;
    await Promise.all(Array.from({ length: 20 }, () => retrieve()));
    clock.advance(circuitPause.first);
    embed = async () => [[1, 0]];
    expect((await retrieve()).degraded).toEqual([]);
    expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
  });

  it("isn't over when the question that tries is given up, and the next one tries", async () => {
    embed = unavailable;
    await retrieve();
    clock.advance(circuitPause.first);
    embed = stall;
    const leaving = new AbortController();
    const left = retrieve(leaving.signal);
    await settle();
    leaving.abort(new Error("The caller left"));
    await expect(left).rejects.toThrow();
    embed = async () => [[1, 0]];
    expect((await retrieve()).degraded).toEqual([]);
  });

  it("isn't made by a text that the service won't have", async () => {
    embed = () => Promise.reject(new RetrievalServiceError("embeddings", "refused", "HTTP 400"));
    expect(await retrieve()).toMatchObject(lexicalOnly);
    expect(search.isUp).toBe(true);
    embed = async () => [[1, 0]];
    expect((await retrieve()).degraded).toEqual([]);
  });
});

it("vectors of another model aren't listened to: the words find such documents, and they are embedded anew", async () => {
  stale = new Set(["document-2"]);
  const { passages, degraded } = await retrieve();
  expect(passages.map(({ id }) => id)).toEqual(["passage-1"]);
  expect(degraded).toEqual(["retrieval_incomplete"]);
  expect(embeddings).toEqual(["model 2 index"]);
});
