import { openRaw } from "../../graphql/listen.ts";
import type { Platform } from "../../support/platform.ts";
import { openWs, RefusedError } from "../../support/ws-client.ts";

/** What somebody shows of themselves; where a door has no place for it, it is shown as a token of any kind. */
export interface Shown {
  readonly tenantId: string;
  readonly token?: string;
  readonly apiKey?: string;
  readonly visitorToken?: string;
  readonly adminToken?: string;
  readonly ticket?: string;
  readonly origin?: string;
}

/** One way into the platform. */
export interface Door {
  readonly name: string;
  /** Whether the door's protocol can carry this at all. */
  carries(shown: Shown): boolean;
  /** `in` when they are let in, else the code of the refusal. */
  knock(shown: Shown): Promise<string>;
}

/** What HTTP carries in a header as it is: it takes blanks around a value away. */
const isHeader = (text: string) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text) && text === text.trim();
/** What can be the name of a subprotocol (RFC 9110, `token`). */
const isProtocol = (text: string) => /^[\w!#$%&'*+.^`|~-]+$/.test(text);

const texts = ({ tenantId: _tenantId, ...shown }: Shown) => Object.values(shown);

/** @param chatId of the tenant, reached by whoever knows it. */
export function openDoors({ url, wsUrl }: Platform, chatId: string): readonly Door[] {
  const overHttp = {
    carries: (shown: Shown) => texts(shown).every(isHeader),
  };
  const follow = `subscription { turnEvents(chatId: "${chatId}") { place } }`;
  return [
    {
      ...overHttp,
      name: "REST",
      knock: (shown) => ask(`${url}/api/v1/auth/me`, { headers: headersOf(shown) }),
    },
    {
      ...overHttp,
      name: "GraphQL over HTTP",
      knock: (shown) => askGraphql(url, "{ me { kind } }", headersOf(shown)),
    },
    {
      ...overHttp,
      name: "GraphQL as server-sent events",
      knock: (shown) =>
        askGraphql(url, follow, { ...headersOf(shown), Accept: "text/event-stream" }),
    },
    {
      name: "graphql-ws",
      carries: ({ origin = "" }) => isHeader(origin),
      knock: (shown) => knockGraphqlWs(url, shown),
    },
    {
      name: "raw WebSocket, query",
      carries: ({ origin = "" }) => isHeader(origin),
      knock: (shown) => knockRaw(wsUrl, shown, proofsOf(shown)),
    },
    {
      name: "raw WebSocket, subprotocol",
      carries: (shown) =>
        isHeader(shown.origin ?? "") && Object.values(proofsOf(shown)).every(isProtocol),
      knock: (shown) => knockRaw(wsUrl, shown, {}, protocolsOf(shown)),
    },
    {
      name: "raw WebSocket, auth frame",
      carries: ({ origin = "" }) => isHeader(origin),
      knock: (shown) => knockLater(wsUrl, shown),
    },
  ];
}

export function headersOf(shown: Shown): Record<string, string> {
  const { tenantId, token = shown.ticket, apiKey, visitorToken, adminToken, origin } = shown;
  const all = {
    "X-Tenant-ID": tenantId,
    Authorization: token === undefined ? undefined : `Bearer ${token}`,
    "X-API-Key": apiKey,
    "X-Visitor-Token": visitorToken,
    "X-Admin-Token": adminToken,
    Origin: origin,
  };
  return given(all);
}

/** As the raw door names them. */
function proofsOf(shown: Shown): Record<string, string> {
  const { token = shown.adminToken, apiKey, visitorToken, ticket } = shown;
  return given({ token, api_key: apiKey, visitor_token: visitorToken, ticket });
}

function protocolsOf(shown: Shown): string[] {
  const prefixes: Record<string, string> = {
    token: "token",
    api_key: "key",
    visitor_token: "visitor",
    ticket: "ticket",
  };
  const proofs = Object.entries(proofsOf(shown));
  return ["miptech.v1", ...proofs.map(([name, text]) => `miptech.${prefixes[name]}.${text}`)];
}

function given(all: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}

const optionsOf = ({ origin }: Shown) => ({
  headers: given({ Origin: origin }),
});

/** An HTTP request; a stream that is answered is left. */
export async function ask(url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    await response.body?.cancel();
    return response.status === 200 ? "in" : String(response.status);
  }
  const { error, errors } = (await response.json()) as {
    error?: { code: string };
    errors?: { extensions: { code: string } }[];
  };
  if (error || errors) return error?.code ?? errors?.[0]?.extensions.code ?? "no code";
  return response.ok ? "in" : String(response.status);
}

export function askGraphql(
  url: string,
  query: string,
  headers: Record<string, string>,
): Promise<string> {
  return ask(`${url}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });
}

async function knockGraphqlWs(url: string, shown: Shown): Promise<string> {
  const { origin: _origin, ...payload } = shown;
  const socket = await openRaw(`${url.replace("http", "ws")}/graphql`, optionsOf(shown));
  socket.send({ type: "connection_init", payload });
  const answer = await Promise.race([socket.closed, socket.next().catch(() => socket.closed)]);
  if ("reason" in answer) return answer.reason;
  socket.ws.close();
  await socket.closed;
  return answer.type === "connection_ack" ? "in" : answer.type;
}

async function knockRaw(
  wsUrl: string,
  shown: Shown,
  query: Record<string, string>,
  protocols: string[] = [],
): Promise<string> {
  const options = { ...optionsOf(shown), protocols };
  const opened = await openWs(wsUrl, { tenant_id: shown.tenantId, ...query }, options).catch(
    async (error: unknown) => {
      if (error instanceof RefusedError) return codeOf(await error.body);
      throw error;
    },
  );
  if (typeof opened === "string") return opened;
  const { type, data } = await opened.next();
  if (type === "connection_established") await opened.close();
  else await opened.closed;
  if (type === "connection_established") return "in";
  return "error_code" in data ? data.error_code : type;
}

function codeOf(body: string): string {
  return (JSON.parse(body) as { error: { code: string } }).error.code;
}

/** Comes in as nobody, and shows the rest in a frame. */
async function knockLater(wsUrl: string, shown: Shown): Promise<string> {
  const { tenantId: tenant_id } = shown;
  const opened = await openWs(wsUrl, { tenant_id }, optionsOf(shown));
  const hello = await opened.next();
  if (hello.type !== "connection_established") {
    await opened.closed;
    return "error_code" in hello.data ? hello.data.error_code : hello.type;
  }
  const proofs = proofsOf(shown);
  if (Object.keys(proofs).length > 0) opened.send("auth", proofs);
  const { type, data } = Object.keys(proofs).length > 0 ? await opened.next() : hello;
  await opened.close();
  if (type === "authenticated" || type === "connection_established") return "in";
  return "error_code" in data ? data.error_code : type;
}
