import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";
import WebSocket from "ws";
import type { Platform } from "./platform.ts";
import { openWs, RefusedError, type WsClient } from "./ws-client.ts";

/** A call at one of the doors. @returns `in`, or the code of the error it was refused with. */
export type Door = (platform: Platform, tenantId: string, headers?: Headers) => Promise<string>;
export type Headers = Record<string, string>;

interface WireError {
  readonly error?: { readonly code: string };
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

/** The code in the body of an error, in the shape of REST or GraphQL; `in` where it is none. */
export function codeOf(body: unknown): string {
  const { error, errors } = body as WireError;
  return error?.code ?? errors?.[0]?.extensions?.code ?? "in";
}

export async function post(url: string, headers: Headers, json: object): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(json),
  });
}

export const overRest: Door = async ({ url }, tenantId, headers = {}) => {
  const response = await fetch(`${url}/api/v1/chat/chat_nobody`, {
    headers: { "X-Tenant-ID": tenantId, ...headers },
  });
  const code = codeOf(await response.json());
  return code === "CHAT_NOT_FOUND" ? "in" : code;
};

export const overGraphql: Door = async ({ url }, tenantId, headers = {}) => {
  const query = "{ tenant { id } }";
  const all = { "X-Tenant-ID": tenantId, ...headers };
  return codeOf(await (await post(`${url}/graphql`, all, { query })).json());
};

export const byHandshake: Door = async (platform, tenantId, headers) => {
  const opened = await openRaw(platform, tenantId, headers);
  if (typeof opened === "string") return opened;
  await opened.close();
  return "in";
};

export const byGraphqlHandshake: Door = async (platform, tenantId, headers) => {
  const opened = await openGraphqlWs(platform, tenantId, headers);
  if (typeof opened === "string") return opened;
  await opened.close();
  return "in";
};

export const doors: readonly Door[] = [overRest, overGraphql, byHandshake, byGraphqlHandshake];

/** A raw connection that was greeted, or the code of its refusal. */
export async function openRaw(
  { wsUrl }: Platform,
  tenantId: string,
  headers: Headers = {},
): Promise<WsClient | string> {
  try {
    const client = await openWs(wsUrl, { tenant_id: tenantId }, { headers });
    await client.until("connection_established");
    return client;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return codeOf(JSON.parse(await error.body));
  }
}

export interface Opened {
  close(): Promise<unknown>;
}

/** A connection of graphql-ws that was acknowledged, or the code of its refusal. */
export async function openGraphqlWs(
  { url }: Platform,
  tenantId: string,
  headers: Headers = {},
): Promise<Opened | string> {
  const address = `${url.replace("http", "ws")}/graphql`;
  const ws = new WebSocket(address, GRAPHQL_TRANSPORT_WS_PROTOCOL, { headers });
  const closed = new Promise<string>((resolve) =>
    ws.once("close", (_code, reason) => resolve(String(reason))),
  );
  const opened = new Promise<Opened>((resolve, reject) => {
    ws.once("error", reject);
    ws.once("open", () =>
      ws.send(JSON.stringify({ type: "connection_init", payload: { tenantId } })),
    );
    ws.once("message", () =>
      resolve({
        close() {
          ws.close(1000);
          return closed;
        },
      }),
    );
  });
  return Promise.race([opened, closed]);
}

/** A stream of server-sent events that has begun, or the code of its refusal. */
export async function openStream(
  request: (signal: AbortSignal) => Promise<Response>,
): Promise<Opened | string> {
  const leaving = new AbortController();
  const response = await request(leaving.signal);
  if (response.headers.get("content-type")?.startsWith("text/event-stream") && response.ok) {
    return { close: async () => leaving.abort() };
  }
  return codeOf(await response.json());
}
