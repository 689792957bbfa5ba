import {
  startLoopback,
  type Loopback,
  type ServiceReply,
  type ServiceRequest,
} from "./loopback.ts";

/** A server on loopback that speaks the embeddings of OpenAI's API. */
export interface EmbeddingServer extends Loopback {
  /** As it is given to EMBEDDING_BASE_URL. */
  readonly baseUrl: string;
  /** From now on the word means the same as the other one. */
  plant(word: string, meaning: string): void;
  /** The texts of all requests, in order. */
  texts(): string[];
}

export interface EmbeddingBody {
  readonly model: string;
  readonly input: string | readonly string[];
  readonly dimensions?: number;
  readonly encoding_format?: string;
}

export const embeddingKey = "sk-embed-0123456789abcdef";

/** How long a vector is where none is asked for. */
export const nativeDimensions = 256;

/** The limits of OpenAI's own API. */
const most = { texts: 2048, tokens: 8191, requestTokens: 300_000 };

/** @param apiKey that requests must show; undefined: none. */
export async function startEmbeddingServer(
  apiKey: string | undefined = embeddingKey,
): Promise<EmbeddingServer> {
  const meanings = new Map<string, string>();

  function answer({ path, method, headers, body }: ServiceRequest): ServiceReply {
    if (method !== "POST" || path !== "/v1/embeddings") return refuse(404, "not_found", path);
    if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
      const shown = headers.authorization ?? "";
      return refuse(401, "invalid_api_key", `Incorrect API key provided: ${shown}`);
    }
    const { model, input, dimensions = nativeDimensions, encoding_format } = body as EmbeddingBody;
    const texts = typeof input === "string" ? [input] : input;
    const tokens = texts.map(countTokens);
    const sum = tokens.reduce((before, count) => before + count, 0);
    if (texts.length === 0 || texts.length > most.texts || texts.includes("")) {
      return refuse(400, "invalid_request_error", `'$.input' is invalid: ${texts[0] ?? ""}`);
    }
    if (tokens.some((count) => count > most.tokens) || sum > most.requestTokens) {
      return refuse(400, "context_length_exceeded", `Too many tokens in: ${texts[0]}`);
    }
    const data = texts.map((text, index) => {
      const values = embedText(text, dimensions, meanings);
      const embedding = encoding_format === "base64" ? toBase64(values) : values;
      return { object: "embedding", index, embedding };
    });
    const usage = { prompt_tokens: sum, total_tokens: sum };
    return { body: { object: "list", data, model, usage } };
  }

  const loopback = await startLoopback(answer);
  return {
    ...loopback,
    baseUrl: `${loopback.url}/v1`,
    plant: (word, meaning) => void meanings.set(word.toLowerCase(), meaning.toLowerCase()),
    texts: () => loopback.requests.flatMap(({ body }) => (body as EmbeddingBody).input),
  };
}

function refuse(status: number, code: string, message: string): ServiceReply {
  const error = { message, type: "invalid_request_error", param: null, code };
  return { status, body: { error } };
}

/** Words of an English text; of one without spaces its bytes, which no tokenizer has more tokens than. */
function countTokens(text: string): number {
  const runs = text.match(/\S+/g) ?? [];
  return runs.reduce((sum, run) => sum + Math.ceil(Buffer.byteLength(run) / 3), 0);
}

const fillers = new Set(
  "a an and are as at be by can do does for from have how i if in is it its must no of on or should so that the their them they this to want was what when which who why will with you your".split(
    " ",
  ),
);

/**
 * A bag of hashed words, of length 1: texts that share words are near, all others at right angles or nearly so.
 * @param meanings what each word is taken for.
 */
export function embedText(
  text: string,
  dimensions: number,
  meanings: ReadonlyMap<string, string> = new Map(),
): number[] {
  const values = Array.from({ length: dimensions }, () => 0);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["-"];
  const telling = words.filter((word) => !fillers.has(word));
  for (const word of telling.length > 0 ? telling : words) {
    const meaning = meanings.get(word) ?? word;
    const place = hash(meaning) % dimensions;
    values[place] = (values[place] ?? 0) + 1;
  }
  const length = Math.hypot(...values);
  return values.map((value) => Math.fround(value / length));
}

/** FNV-1a. */
function hash(word: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(word)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

function toBase64(values: readonly number[]): string {
  return Buffer.from(new Float32Array(values).buffer).toString("base64");
}
