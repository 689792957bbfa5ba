import { OpenAI } from "openai";

export interface Endpoint {
  /** Left out for servers that need none, such as Ollama, vLLM or llama.cpp. */
  readonly apiKey?: string | undefined;
  /** Such as `http://localhost:11434/v1`; left out for OpenAI's own. */
  readonly baseUrl?: string | undefined;
}

export const openAIUrl = "https://api.openai.com/v1";

/** The longest delay that a timer takes. */
const never = 2 ** 31 - 1;

/**
 * The SDK with its own retries and its timeout off: they know neither our clock nor whether a piece
 * of the answer has been published.
 */
export function createClient({ apiKey, baseUrl = openAIUrl }: Endpoint): OpenAI {
  return new OpenAI({
    // The SDK wants a key; the header below keeps it from being sent where there is none.
    apiKey: apiKey ?? "none",
    // Null and not left out: the configuration is the only reader of the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseUrl,
    maxRetries: 0,
    timeout: never,
    logLevel: "off",
    defaultHeaders: apiKey === undefined ? { Authorization: null } : {},
  });
}
