import { CommandError } from "./command-error.ts";

/** A document as the server tells of it. */
export interface RemoteDocument {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  /** Bytes. */
  readonly size: number;
}

export interface UploadedDocument extends RemoteDocument {
  readonly status: "created" | "replaced" | "unchanged";
}

/** A refusal of one request, by its stable code; others may still succeed. */
export class RefusedError extends Error {
  override name = "RefusedError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface AdminClientOptions {
  /** Such as http://localhost:8000. */
  readonly url: string;
  readonly apiPrefix: string;
  readonly adminToken: string;
  readonly tenantId: string;
}

/** One tenant's documents on the running server. @throws RefusedError, CommandError */
export interface AdminClient {
  upload(source: string, text: Uint8Array, mediaType: string): Promise<UploadedDocument>;
  list(): Promise<RemoteDocument[]>;
  findSource(source: string): Promise<RemoteDocument | undefined>;
  /** False when there was no such document. */
  remove(id: string): Promise<boolean>;
}

export function createAdminClient(options: AdminClientOptions): AdminClient {
  const url = options.url.replace(/\/+$/, "");
  const documents = `${url}${options.apiPrefix}/admin/documents`;

  async function call<Body>(path: string, init: RequestInit = {}): Promise<Body | undefined> {
    const headers = new Headers(init.headers);
    headers.set("X-Tenant-ID", options.tenantId);
    headers.set("X-Admin-Token", options.adminToken);
    // A redirect could lead the token to someone else.
    const request = { ...init, headers, redirect: "manual" } as const;
    const response = await fetch(documents + path, request).catch((cause: unknown) => {
      throw unreachable(url, cause);
    });
    const body = response.status === 204 ? undefined : await readJson(response, url);
    if (!response.ok) throw refusal(body, response, options.tenantId, url);
    return body as Body | undefined;
  }

  async function listPage(query: Record<string, string>) {
    const page = await call<RemotePage>(toQuery(query));
    return page ?? { items: [], next: null };
  }

  return {
    async upload(source, text, mediaType) {
      const headers = { "Content-Type": mediaType };
      const body = Uint8Array.from(text);
      const uploaded = await call<UploadedDocument>(toQuery({ source }), {
        method: "POST",
        headers,
        body,
      });
      if (!uploaded) throw notOurs(url, 204);
      return uploaded;
    },
    async list() {
      const found: RemoteDocument[] = [];
      for (let after: string | null = ""; after !== null;) {
        const page: RemotePage = await listPage({ limit: "100", ...(after && { after }) });
        found.push(...page.items);
        after = page.next;
      }
      return found;
    },
    findSource: async (source) => (await listPage({ source })).items[0],
    async remove(id) {
      try {
        await call(`/${encodeURIComponent(id)}`, { method: "DELETE" });
        return true;
      } catch (error) {
        if (error instanceof RefusedError && error.code === "DOCUMENT_NOT_FOUND") return false;
        throw error;
      }
    },
  };
}

function toQuery(fields: Record<string, string>): string {
  return `?${new URLSearchParams(fields).toString()}`;
}

interface RemotePage {
  readonly items: readonly RemoteDocument[];
  readonly next: string | null;
}

async function readJson(response: Response, url: string): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw notOurs(url, response.status);
  }
}

/** What no further request could mend ends the command; the rest is one request's own. */
function refusal(body: unknown, response: Response, tenantId: string, url: string): Error {
  const error = typeof body === "object" && body && "error" in body ? body.error : undefined;
  const isOurs = typeof error === "object" && error && "code" in error && "message" in error;
  if (!isOurs) return notOurs(url, response.status);
  const [code, message] = [String(error.code), String(error.message)];
  if (code === "TENANT_NOT_FOUND") return new CommandError(`There is no active tenant ${tenantId}`);
  if (code !== "ADMIN_REQUIRED") return new RefusedError(code, message);
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
