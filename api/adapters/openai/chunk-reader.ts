import { createParser } from "eventsource-parser";
import type { TokenUse } from "../../core/answering/cost.ts";
import type { AnswerResult } from "../../core/answering/answerer.ts";
import { RequestFailure } from "./request-failure.ts";

/** How a completion ended. */
export interface Completion {
  readonly finishReason: AnswerResult["finishReason"];
  /** The provider's own numbers, where it gave any. */
  readonly use: TokenUse | undefined;
}

/** What the events of a chat completion's stream add up to. */
export interface ChunkReader {
  /** @throws RequestFailure for a broken line and for an error that the provider tells in the stream. */
  feed(text: string): void;
  /** The text that came since the last call. */
  take(): string;
  /** How many chunks came. */
  readonly count: number;
  /** The answer is whole; only usage may still come. */
  readonly isWhole: boolean;
  completion(): Completion;
}

/** UTF-16 units of one line. */
const longestLine = 1 << 20;

/** The fields that are looked at; what they hold is for the provider to say. */
interface RawChunk {
  readonly error?: unknown;
  readonly choices?: unknown;
  readonly usage?: unknown;
}

export function createChunkReader(): ChunkReader {
  let text = "";
  let count = 0;
  let isDone = false;
  let refused = false;
  let finish: string | undefined;
  let use: TokenUse | undefined;

  function readChoice(choice: unknown): void {
    const { delta, finish_reason: reason } = asRecord(choice);
    const { content, refusal } = asRecord(delta);
    if (typeof content === "string") text += content;
    if (typeof refusal === "string" && refusal !== "") {
      text += refusal;
      refused = true;
    }
    if (reason === "error") throw broken("the provider ended the answer with an error");
    if (typeof reason === "string") finish = reason;
  }

  function readEvent(data: string): void {
    if (isDone) return;
    if (data === "[DONE]") {
      isDone = true;
      return;
    }
    const { error, choices, usage }: RawChunk = parse(data);
    if (error) throw broken(`the provider's error: ${describeRefusal(error)}`);
    count += 1;
    if (Array.isArray(choices) && choices.length > 0) readChoice(choices[0]);
    if (usage) use = readUse(usage) ?? use;
  }

  const parser = createParser({
    maxBufferSize: longestLine,
    onEvent: ({ data }) => readEvent(data),
    onError: (error) => {
      // Its message would quote the line, and with it the answer.
      throw broken(`a line that is no event: ${error.type}`);
    },
  });

  return {
    feed: (part) => parser.feed(part),
    take() {
      const taken = text;
      text = "";
      return taken;
    },
    get count() {
      return count;
    },
    get isWhole() {
      return isDone || finish !== undefined;
    },
    completion: () => ({ finishReason: refused ? "content_filter" : readReason(finish), use }),
  };
}

function readReason(reason: string | undefined): Completion["finishReason"] {
  return reason === "length" || reason === "content_filter" ? reason : "stop";
}

function readUse(usage: unknown): TokenUse | undefined {
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = asRecord(usage);
  const [promptTokens, completionTokens] = [asCount(prompt_tokens), asCount(completion_tokens)];
  if (promptTokens === undefined || completionTokens === undefined) return undefined;
  const cachedTokens = asCount(asRecord(prompt_tokens_details)["cached_tokens"]) ?? 0;
  return { promptTokens, completionTokens, cachedTokens };
}

function asCount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** What it says and how it is called; whatever else it brings may repeat the request. */
function describeRefusal(error: unknown): string {
  const { message, code, type } = asRecord(error);
  const parts = [typeof error === "string" ? error : message, code, type];
  return parts.filter((part) => typeof part === "string" || typeof part === "number").join(", ");
}

function parse(data: string): RawChunk {
  try {
    return asRecord(JSON.parse(data));
  } catch {
    throw broken(`a chunk that is no JSON, of ${data.length} characters`);
  }
}

function broken(text: string): RequestFailure {
  return new RequestFailure("MODEL_UNAVAILABLE", text);
}
