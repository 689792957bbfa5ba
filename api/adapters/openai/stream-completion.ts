import type { OpenAI } from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { Clock } from "../../core/ports.ts";
import { createChunkReader, type Completion } from "./chunk-reader.ts";
import { createPatience, type Timeouts } from "./patience.ts";
import { describe, readFailure, RequestFailure } from "./request-failure.ts";

export interface StreamDeps {
  readonly client: OpenAI;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
}

/**
 * One request. Yields the text as it arrives; what arrives together comes as one. The connection is
 * closed on every ending but a whole one, which leaves it to the next request.
 * @throws RequestFailure; what an aborted `fetch` throws, when the signal is aborted.
 */
export async function* streamCompletion(
  { client, clock, timeouts }: StreamDeps,
  body: ChatCompletionCreateParamsStreaming,
  signal: AbortSignal,
): AsyncGenerator<string, Completion, undefined> {
  signal.throwIfAborted();
  const upstream = new AbortController();
  const abort = () => upstream.abort();
  signal.addEventListener("abort", abort, { once: true });
  const patience = createPatience(clock, timeouts, abort);
  const reader = createChunkReader();
  try {
    const response = await client.chat.completions
      .create(body, { signal: upstream.signal })
      .asResponse();
    // By hand: the iterators of streams cost a tenth of the whole work on a piece.
    const source = response.body?.getReader();
    const decoder = new TextDecoder();
    while (source) {
      const { done, value } = await source.read().catch(failAsCut);
      if (done) break;
      reader.feed(decoder.decode(value, { stream: true }));
      const piece = reader.take();
      patience.heard(reader.count, piece !== "", reader.isWhole);
      if (piece !== "") yield piece;
    }
    if (!reader.isWhole) throw cutOff(`the stream ended in its middle, ${typeOf(response)}`);
    return reader.completion();
  } catch (error) {
    if (signal.aborted) throw error;
    // What came together with the fault, but before it.
    const piece = reader.take();
    if (piece !== "") yield piece;
    // The answer is whole; all that is lost is its usage.
    if (reader.isWhole) return reader.completion();
    throw patience.expired
      ? new RequestFailure("MODEL_TIMEOUT", `nothing came for ${patience.limit} ms`)
      : (readFailure(error, clock.now()) ?? error);
  } finally {
    patience.stop();
    signal.removeEventListener("abort", abort);
    upstream.abort();
  }
}

function failAsCut(error: unknown): never {
  throw cutOff(`the connection was cut: ${describe(error)}`);
}

function typeOf(response: Response): string {
  return `content type ${response.headers.get("content-type") ?? "missing"}`;
}

function cutOff(text: string): RequestFailure {
  return new RequestFailure("MODEL_UNAVAILABLE", text, { mayRetry: true });
}
