import { beforeEach, expect, it } from "vitest";
import { createMemoryVectors } from "../../../api/adapters/memory/vectors.ts";
import { embedPassages, type PassageToEmbed } from "../../../api/core/retrieval/embed-passages.ts";
import type { Embedder } from "../../../api/core/retrieval/embedder.ts";
import { RetrievalServiceError } from "../../../api/core/retrieval/service-error.ts";
import type { VectorIndex } from "../../../api/core/retrieval/vector-index.ts";

const never = new AbortController().signal;
const dimensions = 4;

let vectors: VectorIndex;
let embedded: string[];
let embedder: Embedder;

beforeEach(() => {
  vectors = createMemoryVectors(dimensions);
  embedded = [];
  embedder = {
    model: "test",
    embed: async (texts) => {
      embedded.push(...texts);
      return texts.map((text) => [text.length, 1, 0, 0]);
    },
  };
});

const makePassages = (count: number): PassageToEmbed[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `psg_${n}`,
    title: "Garden",
    heading: n % 2 === 0 ? "Beans" : "",
    text: `Text ${n}`,
  }));

function embedAll(
  passages: readonly PassageToEmbed[],
  onProgress: (done: number) => void = () => undefined,
  signal = never,
) {
  return embedPassages({ embedder, vectors }, "demo", "doc_1", passages, onProgress, signal);
}

it("each passage is embedded under its title and heading, and stored under its id", async () => {
  await embedAll(makePassages(2));
  expect(embedded).toEqual(["Garden\nBeans\nText 0", "Garden\nText 1"]);
  expect(await vectors.findDocument("demo", "doc_1")).toEqual(["psg_0", "psg_1"]);
  const [nearest] = await vectors.query("demo", ["Garden\nText 1".length, 1, 0, 0], 1);
  expect(nearest).toEqual({ id: "psg_1", score: 1 });
});

it("of many the progress is told as they are stored, up to all of them", async () => {
  const told: number[] = [];
  const stored: number[] = [];
  await embedAll(makePassages(250), async (done) => {
    told.push(done);
    stored.push(await vectors.count("demo"));
  });
  expect(told.length).toBeGreaterThan(2);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(250);
  expect(stored).toEqual(told);
});

it("doing it again changes nothing", async () => {
  await embedAll(makePassages(120));
  await embedAll(makePassages(120));
  expect(await vectors.count("demo")).toBe(120);
});

it("an abort ends it between two steps", async () => {
  const stopping = new AbortController();
  const stopped = embedAll(
    makePassages(500),
    () => stopping.abort(new Error("Stop")),
    stopping.signal,
  );
  await expect(stopped).rejects.toThrow("Stop");
  expect(await vectors.count("demo")).toBeLessThan(200);
});

it("a failure of the services is the caller's, and no progress is told", async () => {
  const failure = new RetrievalServiceError("embeddings", "unavailable", "HTTP 503");
  embedder = { model: "test", embed: () => Promise.reject(failure) };
  const told: number[] = [];
  await expect(embedAll(makePassages(3), (done) => void told.push(done))).rejects.toBe(failure);
  expect(told).toEqual([]);
});

it("no passages are no work", async () => {
  await embedAll([]);
  expect(embedded).toEqual([]);
  expect(await vectors.count("demo")).toBe(0);
});
