import { APIError } from "openai";
import type { Clock } from "../../core/ports.ts";
import { callService } from "../../core/retrieval/call-service.ts";
import type { Embedder } from "../../core/retrieval/embedder.ts";
import { RetrievalServiceError } from "../../core/retrieval/service-error.ts";
import { createClient, type Endpoint } from "./client.ts";
import { readFailure } from "./request-failure.ts";

export interface OpenAIEmbedderDeps extends Endpoint {
  readonly model: string;
  /** How long its vectors are. */
  readonly dimensions: number;
  /** Whether the model is asked for vectors of that length; many have one length only, and refuse the question. */
  readonly asksDimensions: boolean;
  readonly clock: Clock;
  /** Milliseconds of one request. */
  readonly requestMs: number;
  /** Milliseconds within which a request that failed is sent again. */
  readonly retryMs: number;
}

/**
 * Bytes in UTF-8. A token has at least one, so that a text of so many never has more tokens than OpenAI's models read
 * (8,191), nor a request of so many more than it may have (300,000).
 */
export const embeddingLimits = { text: 8191, request: 250_000, texts: 256 } as const;

/** Embeds with OpenAI's API, or a server that speaks it. */
export function createOpenAIEmbedder(deps: OpenAIEmbedderDeps): Embedder {
  const client = createClient(deps);
  const { model, dimensions, asksDimensions, clock } = deps;

  async function embedBatch(input: string[], signal: AbortSignal): Promise<number[][]> {
    try {
      const body = { model, input, ...(asksDimensions && { dimensions }) };
      const { data } = await client.embeddings.create(body, { signal });
      return readVectors(data, input.length, dimensions);
    } catch (error) {
      throw error instanceof RetrievalServiceError ? error : toServiceError(error, clock.now());
    }
  }

  return {
    model,
    async embed(texts, signal) {
      const vectors: number[][] = [];
      for (const batch of toBatches(texts.map(toEmbeddable))) {
        const one = await callService(deps, "embeddings", (now) => embedBatch(batch, now), signal);
        for (const vector of one) vectors.push(vector);
      }
      return vectors;
    },
  };
}

const encoder = new TextEncoder();

/** The service refuses a text without any words, and one that is too long. */
function toEmbeddable(text: string): string {
  const sound = text.trim() === "" ? "-" : text.toWellFormed();
  if (sound.length * 3 <= embeddingLimits.text) return sound;
  const { read } = encoder.encodeInto(sound, new Uint8Array(embeddingLimits.text));
  return sound.slice(0, read);
}

function* toBatches(texts: readonly string[]): Generator<string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    const size = Buffer.byteLength(text);
    const isFull = batch.length === embeddingLimits.texts || bytes + size > embeddingLimits.request;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(text);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** What a server of somebody else answers may be anything. @throws RetrievalServiceError */
function readVectors(data: unknown, count: number, dimensions: number): number[][] {
  if (!Array.isArray(data) || data.length !== count) throw malformed("not a vector for each text");
  const vectors: number[][] = [];
  for (const [place, item] of data.entries()) {
    const { index = place, embedding } = Object(item) as { index?: unknown; embedding?: unknown };
    const isPlace = typeof index === "number" && Number.isInteger(index) && index >= 0;
    if (!isPlace || index >= count || vectors[index]) throw malformed("vectors out of order");
    vectors[index] = readVector(embedding, dimensions);
  }
  return vectors;
}

function readVector(embedding: unknown, dimensions: number): number[] {
  const isList = Array.isArray(embedding) || embedding instanceof Float32Array;
  const values = isList ? Array.from<unknown>(embedding) : [];
  const numbers = values.filter((value) => typeof value === "number" && Number.isFinite(value));
  if (!isList || numbers.length !== values.length) throw malformed("a vector that is none");
  if (numbers.length !== dimensions) {
    const text = `vectors of ${numbers.length} dimensions came, ${dimensions} are expected`;
    throw new RetrievalServiceError("embeddings", "misconfigured", text);
  }
  if (numbers.every((value) => value === 0)) throw malformed("a vector of zeros");
  return numbers as number[];
}

function malformed(text: string): RetrievalServiceError {
  return new RetrievalServiceError("embeddings", "unavailable", `a malformed answer: ${text}`);
}

const codeLike = /^[\w.-]{1,60}$/;

/** In our words and codes alone: a provider's own may repeat the key or the text. */
function toServiceError(error: unknown, now: number): RetrievalServiceError {
  const failure = readFailure(error, now);
  if (!failure) {
    return new RetrievalServiceError("embeddings", "unavailable", "an answer that can't be read");
  }
  const { code, mayRetry, retryAfterMs, reason = "" } = failure;
  const kind =
    code === "MODEL_REFUSED_REQUEST" ? "refused" : mayRetry ? "unavailable" : "misconfigured";
  const status = error instanceof APIError && error.status ? `HTTP ${error.status}` : undefined;
  const words = [status ?? "no connection", codeLike.test(reason) ? reason : codeOf(error)];
  const text = words.filter((word) => word !== undefined).join(", ");
  return new RetrievalServiceError("embeddings", kind, text, retryAfterMs);
}

/** Such as ECONNREFUSED, of an error or what caused it. */
function codeOf(error: unknown): string | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 4; one = one.cause, depth += 1) {
    const code: unknown = Reflect.get(one, "code");
    if (typeof code === "string" && codeLike.test(code)) return code;
  }
  return undefined;
}
