import { CommandError } from "./command-error.ts";

/** A refusal of one request, by its stable code; others may still succeed. */
export class RefusedError extends Error {
  override name = "RefusedError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface ApiOptions {
  /** Such as http://localhost:8000. */
  readonly url: string;
  readonly apiPrefix: string;
  /** The server's, or the `sk_` key of a tenant's admin. */
  readonly adminToken: string;
  /** Undefined: the call concerns none, or all. */
  readonly tenantId: string | undefined;
  /** What the paths are below, behind the prefix: `/admin` unless told. */
  readonly below?: string;
  /** Lets so many milliseconds go by. */
  readonly wait: (ms: number) => Promise<void>;
}

export interface ApiCall {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: { readonly bytes: Uint8Array; readonly mediaType: string };
}

/** What stands below /admin on the running server. */
export interface Api {
  /** @param path below /admin, such as `/keys`. @throws RefusedError, CommandError */
  call<Body>(path: string, call?: ApiCall): Promise<Body>;
  /** For what answers with nothing. @throws RefusedError, CommandError */
  send(path: string, call: ApiCall): Promise<void>;
  /** All items of a list, page by page, at most so many. @throws RefusedError, CommandError */
  listAll<Item>(path: string, limit?: number): Promise<Item[]>;
}

interface RemotePage<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

const pageSize = 100;

export function createApi(options: ApiOptions): Api {
  const url = options.url.replace(/\/+$/, "");

  async function request(path: string, call: ApiCall): Promise<Response> {
    const { method = "GET", query = {}, json, body } = call;
    const given = Object.entries(query).filter(
      (one): one is [string, string] => one[1] !== undefined,
    );
    const search = given.length > 0 ? `?${new URLSearchParams(given).toString()}` : "";
    const headers = new Headers(authorize(options));
    if (json !== undefined) headers.set("Content-Type", "application/json");
    if (body) headers.set("Content-Type", body.mediaType);
    const sent = body
      ? Uint8Array.from(body.bytes)
      : json === undefined
        ? null
        : JSON.stringify(json);
    const address = `${url}${options.apiPrefix}${options.below ?? "/admin"}${path}${search}`;
    // A redirect could lead the token to someone else.
    const init = { method, headers, body: sent, redirect: "manual" } as const;
    for (;;) {
      const response = await fetch(address, init).catch((cause: unknown) => {
        throw unreachable(url, cause);
      });
      if (response.ok) return response;
      const pause = pauseOf(response);
      if (pause === undefined)
        throw refusal(await readJson(response, url), response, options.tenantId, url);
      await response.body?.cancel();
      await options.wait(pause);
    }
  }

  async function call<Body>(path: string, what: ApiCall = {}): Promise<Body> {
    return (await readJson(await request(path, what), url)) as Body;
  }

  return {
    call,
    async send(path, what) {
      await (await request(path, what)).body?.cancel();
    },
    async listAll<Item>(path: string, limit = Infinity) {
      const found: Item[] = [];
      for (let after: string | undefined | null; after !== null && found.length < limit;) {
        const size = String(Math.min(pageSize, limit - found.length));
        const page: RemotePage<Item> = await call(path, { query: { limit: size, after } });
        found.push(...page.items);
        after = page.next;
      }
      return found;
    },
  };
}

/** A server that is asked too much says when it can be asked again, in seconds; what takes longer is no pause. */
function pauseOf({ status, headers }: Response): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return status === 429 && seconds <= longestPause ? seconds * 1000 : undefined;
}

const longestPause = 120;

function authorize({ adminToken, tenantId }: ApiOptions): Record<string, string> {
  const proof = adminToken.startsWith("sk_") ? "X-API-Key" : "X-Admin-Token";
  return { [proof]: adminToken, ...(tenantId === undefined ? {} : { "X-Tenant-ID": tenantId }) };
}

async function readJson(response: Response, url: string): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw notOurs(url, response.status);
  }
}

/** What no further request could mend ends the command; the rest is one request's own. */
function refusal(
  body: unknown,
  { status }: Response,
  tenantId: string | undefined,
  url: string,
): Error {
  const error = typeof body === "object" && body && "error" in body ? body.error : undefined;
  const isOurs = typeof error === "object" && error && "code" in error && "message" in error;
  if (!isOurs) return notOurs(url, status);
  const [code, message] = [String(error.code), String(error.message)];
  if (code === "TENANT_NOT_FOUND" && tenantId !== undefined)
    return new CommandError(`There is no active tenant ${tenantId}`);
  if (code !== "INVALID_TOKEN") return new RefusedError(code, message);
  return new CommandError(
    `The server at ${url} refuses the admin token: set ADMIN_TOKEN to the one that the server has.`,
  );
}

function notOurs(url: string, status: number): CommandError {
  return new CommandError(`What answers at ${url} is no MIPTech server (HTTP ${status})`);
}

function unreachable(url: string, error: unknown): CommandError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  const advice = "is it running (npm start)? --url names another address.";
  return new CommandError(`No server answers at ${url} (${code}): ${advice}`);
}
