import { ChatError } from "./chat-error.ts";
import { apiUrl, type WidgetConfig } from "./config.ts";
import type { ClientEnvironment } from "./environment.ts";
import type { ClientStorage } from "./storage.ts";

export interface RestRequest {
  readonly method: "GET" | "PATCH" | "DELETE";
  /** Below `/api/v1`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/**
 * Resolves with the JSON of the answer; undefined where it has none.
 * @throws ChatError the server's own code, or UNREACHABLE when there was no answer that could be read;
 *   of an abort, the signal's reason.
 */
export type Rest = (request: RestRequest) => Promise<unknown>;

/** Milliseconds until a request counts as lost. */
const patience = 20_000;

/** Requests in the name of the page's token, else of the visitor. */
export function createRest(
  config: () => Readonly<WidgetConfig>,
  storage: ClientStorage,
  environment: ClientEnvironment,
): Rest {
  async function send(request: RestRequest): Promise<unknown> {
    const { token } = config();
    const visitorToken = token ? undefined : storage.visitorToken();
    const response = await reach(request, headersOf(request, visitorToken));
    if (response.ok) return readBody(response, request.signal);
    const error = await readError(response, request.signal);
    if (error.code !== "INVALID_TOKEN" || !visitorToken) throw error;
    // The reader becomes a new visitor, who may still reach a chat by its id.
    if (storage.visitorToken() === visitorToken) storage.dropVisitorToken();
    return send(request);
  }

  async function reach(request: RestRequest, headers: HeadersInit): Promise<Response> {
    const { method, path, query, body, signal } = request;
    const patient = AbortSignal.timeout(patience);
    try {
      const url = apiUrl(config(), path);
      url.search = String(new URLSearchParams(query));
      return await environment.fetch(url.href, {
        method,
        headers,
        credentials: "omit",
        signal: signal ? AbortSignal.any([signal, patient]) : patient,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    } catch (cause) {
      throw unreachable(cause, signal);
    }
  }

  function headersOf({ body }: RestRequest, visitorToken: string | undefined): HeadersInit {
    const { tenantId, token } = config();
    return {
      "X-Tenant-ID": tenantId,
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(visitorToken ? { "X-Visitor-Token": visitorToken } : {}),
      ...(body ? { "Content-Type": "application/json" } : {}),
    };
  }

  return send;
}

async function readBody(response: Response, signal?: AbortSignal): Promise<unknown> {
  if (response.status === 204) return undefined;
  try {
    return await response.json();
  } catch (cause) {
    // Not JSON: something else than our API has answered, or the connection broke.
    throw unreachable(cause, signal);
  }
}

/** What goes wrong on the way; an abort is no error of the server's, and is thrown as it is. */
function unreachable(cause: unknown, signal: AbortSignal | undefined): ChatError {
  signal?.throwIfAborted();
  return new ChatError("UNREACHABLE", "The chat server can't be reached", { cause });
}

interface ErrorBody {
  readonly error?: { readonly code?: string; readonly message?: string };
}

async function readError(response: Response, signal?: AbortSignal): Promise<ChatError> {
  const body = await readBody(response, signal);
  const { code, message } = (body as ErrorBody | null)?.error ?? {};
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  return new ChatError(
    code ?? `HTTP_${response.status}`,
    message ?? `The chat server answered with ${response.status}`,
    retryAfter === undefined ? {} : { retryAfter },
  );
}
