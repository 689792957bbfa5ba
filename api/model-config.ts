import type { EnvReader } from "./env-reader.ts";

/** The language model; see .env.example. */
export interface ModelConfig {
  readonly apiKey: string | undefined;
  /** Undefined: OpenAI's own. */
  readonly baseUrl: string | undefined;
  readonly name: string;
  readonly fallbackName: string | undefined;
  /** Tokens; undefined: what is known of the model. */
  readonly contextTokens: number | undefined;
  /** Tokens; undefined: no limit is asked for. */
  readonly replyTokens: number | undefined;
  /** In milliseconds. */
  readonly timeouts: {
    readonly firstPieceMs: number;
    readonly idleMs: number;
    readonly retryMs: number;
  };
}

/** The seed's model. */
const standardModel = "gpt-4";

/** A key or an address means a language model. */
export function readModel(reader: EnvReader): ModelConfig | undefined {
  const apiKey = readKey(reader);
  const baseUrl = readAddress(reader);
  const name = reader.text("OPENAI_MODEL");
  const model = {
    apiKey,
    baseUrl,
    name: name ?? standardModel,
    fallbackName: reader.text("OPENAI_FALLBACK_MODEL"),
    contextTokens: reader.optionalInteger("MODEL_CONTEXT_TOKENS", 1024, 10_000_000),
    replyTokens: reader.optionalInteger("MODEL_REPLY_TOKENS", 16, 1_000_000),
    timeouts: {
      // Node.js itself waits for five minutes at most.
      firstPieceMs: reader.integer("MODEL_TIMEOUT_MS", 60_000, 50, 300_000),
      idleMs: reader.integer("MODEL_IDLE_TIMEOUT_MS", 30_000, 50, 300_000),
      retryMs: reader.integer("MODEL_RETRY_MS", 20_000, 0, 300_000),
    },
  };
  if (apiKey === undefined && baseUrl === undefined) return undefined;
  if (baseUrl !== undefined && name === undefined) {
    reader.warn(
      `OPENAI_BASE_URL is set without OPENAI_MODEL: ${standardModel} is asked for, which that server may not have`,
    );
  }
  return model;
}

function readKey(reader: EnvReader): string | undefined {
  const key = reader.text("OPENAI_API_KEY");
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
    reader.fault(
      "OPENAI_API_KEY: it has characters that no key has, such as spaces or quotes of print",
    );
  }
  return key;
}

/** `fetch` refuses an address with a password, and repeats it in its error. */
function readAddress(reader: EnvReader): string | undefined {
  const address = reader.url("OPENAI_BASE_URL", ["http:", "https:"]);
  if (address === undefined) return undefined;
  const { username, password } = new URL(address);
  if (username !== "" || password !== "") {
    reader.fault("OPENAI_BASE_URL: the key belongs into OPENAI_API_KEY, not into the address");
  }
  return address;
}
