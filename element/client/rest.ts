import { ChatError } from "./chat-error.ts";
import { apiUrl, type WidgetConfig } from "./config.ts";
import type { Credentials, Proofs } from "./credentials.ts";
import type { ClientEnvironment } from "./environment.ts";

export interface RestRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/api/v1`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/**
 * Resolves with the JSON of the answer; undefined where it has none.
 * @throws ChatError the server's own code, UNREACHABLE when there was no answer that could be read, or
 *   TOKEN_UNAVAILABLE; of an abort, the signal's reason.
 */
export type Rest = (request: RestRequest) => Promise<unknown>;

/** Milliseconds until a request counts as lost. */
const patience = 20_000;

/** Requests in the name of the page's user, else of the visitor. */
export function createRest(
  config: () => Readonly<WidgetConfig>,
  credentials: Credentials,
  environment: ClientEnvironment,
): Rest {
  return async (request) => send(request, await credentials.prove());

  /** @param refused of what was shown before */
  async function send(request: RestRequest, shown: Proofs, refused: Proofs = {}): Promise<unknown> {
    const response = await reach(request, shown);
    const error = response.ok ? undefined : await readError(response, request.signal);
    if (error?.code === "INVALID_TOKEN") {
      const { visitor, token, ...others } = shown;
      // Without the visitor first, who may still reach a chat by its id.
      if (visitor !== undefined)
        return send(request, { token, ...others }, { ...refused, visitor });
      const fresh = refused.token === undefined ? await credentials.replace(token) : undefined;
      if (fresh !== undefined)
        return send(request, { token: fresh, ...others }, { ...refused, token });
      throw error;
    }
    if (refused.visitor !== undefined && response.status < 500)
      credentials.dropVisitor(refused.visitor);
    if (error) throw error;
    return readBody(response, request.signal);
  }

  async function reach(request: RestRequest, shown: Proofs): Promise<Response> {
    const { method, path, query, body, signal } = request;
    const patient = AbortSignal.timeout(patience);
    try {
      const url = apiUrl(config(), path);
      url.search = String(new URLSearchParams(query));
      return await environment.fetch(url.href, {
        method,
        headers: headersOf(request, shown),
        credentials: "omit",
        signal: signal ? AbortSignal.any([signal, patient]) : patient,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    } catch (cause) {
      throw unreachable(cause, signal);
    }
  }

  function headersOf({ body }: RestRequest, { token, key, visitor }: Proofs): HeadersInit {
    return {
      "X-Tenant-ID": config().tenantId,
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(key ? { "X-API-Key": key } : {}),
      ...(visitor ? { "X-Visitor-Token": visitor } : {}),
      ...(body ? { "Content-Type": "application/json" } : {}),
    };
  }
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
