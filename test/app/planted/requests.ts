import { once } from "node:events";
import { connect } from "node:net";
import { openRaw } from "../../graphql/listen.ts";
import { openWs, RefusedError } from "../../support/ws-client.ts";
import type { PlantedWorld } from "./world.ts";

const json = { "Content-Type": "application/json" };

/**
 * Shows a secret to REST and GraphQL wherever it doesn't belong.
 * @param id what stands where ids do, which are said back.
 * @returns the statuses
 */
export async function misplaceOverHttp(
  world: PlantedWorld,
  secret: string,
  id = secret,
): Promise<number[]> {
  const { url, tenantId, chatId } = world;
  const named = { ...json, "X-Tenant-ID": tenantId };
  const api = `${url}/api/v1`;
  const inAddress = encodeURIComponent(secret);
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(path, { method: "POST", headers: { ...named, ...headers }, body });
  const responses = await Promise.all([
    fetch(`${url}/${inAddress}?token=${inAddress}`),
    fetch(`${api}/${inAddress}`, { headers: named }),
    fetch(`${api}/chat/${inAddress}?visitor_token=${inAddress}`, { headers: named }),
    fetch(`${api}/chat?after=${inAddress}`, { headers: { ...named, "X-API-Key": world.server } }),
    fetch(`${api}/auth/tenant/${inAddress}`),
    fetch(`${api}/auth/me`, { headers: { ...named, Authorization: `Basic ${secret}` } }),
    fetch(`${api}/auth/me`, { headers: { ...named, Cookie: `token=${secret}` } }),
    fetch(`${api}/auth/me`, { headers: { "X-Tenant-ID": secret } }),
    fetch(`${api}/auth/me`, { headers: { ...named, "X-Request-ID": id, "X-API-Key": "?" } }),
    fetch(`${api}/admin/keys/${inAddress}`, { method: "DELETE", headers: named }),
    fetch(`${url}/health`, { method: "PUT", headers: { Referer: `${url}/?token=${inAddress}` } }),
    post(`${api}/chat`, `{"title": "${secret}`),
    post(`${api}/chat`, secret),
    post(`${api}/chat`, JSON.stringify({ title: { [secret]: secret }, context: [secret] })),
    post(`${api}/chat/${chatId}/messages`, JSON.stringify({ content: [secret], role: secret })),
    post(`${api}/chat`, secret, { "Content-Type": `text/${inAddress}` }),
    post(`${api}/auth/token`, JSON.stringify({ user: secret, expires_in: secret })),
    post(`${api}/auth/refresh`, "{}", { Authorization: `Bearer ${secret}.` }),
    post(`${api}/auth/ticket`, secret, { Authorization: `Bearer ${secret}.` }),
    post(`${api}/auth/claim`, JSON.stringify({ visitor_token: [secret], [secret]: 1 }), {
      Authorization: `Bearer ${world.userToken}`,
    }),
    post(`${api}/auth/claim`, JSON.stringify({ visitor_token: secret }), {
      Authorization: `Bearer ${world.userToken}`,
    }),
    fetch(`${url}/graphql?query={tenant{id}}&variables={${inAddress}`, { headers: named }),
    fetch(`${url}/graphql?query={${inAddress}}&token=${inAddress}`, { headers: named }),
    post(`${url}/graphql`, `{"query": ${secret}`),
    ...documentsWith(secret).map((body) => post(`${url}/graphql`, JSON.stringify(body))),
  ]);
  for (const response of responses) await response.body?.cancel();
  return responses.map(({ status }) => status);
}

/** Documents and variables that hold a text where something else belongs. */
export function documentsWith(text: string): readonly object[] {
  const literal = JSON.stringify(text);
  const send =
    "mutation ($input: SendMessageInput!) { sendMessage(input: $input) { chat { id } } }";
  return [
    { query: `{ chat(id: ${literal}) { id } ${literal} }` },
    { query: `{ chat(id: { a: ${literal} }) { id } }` },
    { query: `{ chats(first: ${literal}) { edges { cursor } } }` },
    { query: `query ($n: Int = ${literal}) { chats(first: $n) { edges { cursor } } }` },
    { query: `{ tenant { id } } # ${text}\n }` },
    { query: `{ tenant(${literal}) { id } }` },
    { query: text },
    { query: "{ tenant { id } }", operationName: text },
    { query: "{ tenant { id } }", variables: text, [text]: text },
    { query: send, variables: { input: text } },
    { query: send, variables: { input: { content: { text } } } },
    { query: send, variables: { input: { content: "Hello there", chatId: [text], [text]: 1 } } },
    {
      query: "query ($n: Int) { chats(first: $n) { edges { cursor } } }",
      variables: { n: text },
    },
  ];
}

/** The same over both kinds of WebSocket. */
export async function misplaceOverSockets(
  world: PlantedWorld,
  secret: string,
  id = secret,
): Promise<void> {
  const { url, wsUrl, tenantId } = world;
  for (const query of [
    { tenant_id: secret, token: secret },
    { tenant_id: tenantId, api_key: secret, client_id: "x".repeat(200) },
    { tenant_id: tenantId, token: secret, user_id: "\u0000", ticket: secret },
  ]) {
    await openWs(wsUrl, query).then(
      (client) => client.close(),
      (error: unknown) => {
        if (!(error instanceof RefusedError)) throw error;
      },
    );
  }
  const client = await openWs(wsUrl, { tenant_id: tenantId });
  const frames = [
    `{"type": "${secret}`,
    JSON.stringify({ type: secret, data: secret }),
    JSON.stringify({ type: "auth", data: { token: { secret } } }),
    JSON.stringify({ type: "auth", data: { visitor_token: secret, [secret]: secret } }),
    JSON.stringify({ type: "resume", data: { message_id: id, cursor: secret.slice(0, 60) } }),
    JSON.stringify({ type: "chat_message", data: { message: [secret], chat_id: id } }),
    JSON.stringify({ type: "feedback", data: { message_id: "msg_x", rating: secret } }),
  ];
  for (const frame of frames) client.sendText(frame);
  client.send("ping");
  await client.until("pong");
  await client.close();

  for (const payload of [
    { tenantId, token: secret },
    { tenantId: secret },
    { tenantId, token: [secret] },
  ]) {
    const socket = await openRaw(`${url.replace("http", "ws")}/graphql?token=${secret}`);
    socket.send({ type: "connection_init", payload });
    await Promise.race([socket.closed, socket.next().catch(() => undefined)]);
    socket.ws.close();
    await socket.closed;
  }
  const socket = await openRaw(`${url.replace("http", "ws")}/graphql`);
  await socket.init({ tenantId });
  for (const [index, payload] of documentsWith(secret).entries())
    if (typeof Object(payload).variables !== "string")
      socket.send({ type: "subscribe", id: String(index), payload });
  socket.send({ type: "ping" });
  socket.send(`{"type": "${secret}`);
  await socket.closed;
}

/** Not even HTTP. @returns the answers */
export function misplaceOnBareLines(world: PlantedWorld, secret: string): Promise<string[]> {
  const port = Number(new URL(world.url).port);
  const lines = [
    `GET /?token=${secret} HTTP/9.9\r\n\r\n`,
    `${secret}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: a b ${secret}\r\nConnection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nX-API-Key: ${secret.repeat(1000)}\r\n\r\n`,
    `GET /?${secret} HTTP/1.1\r\nHost: x\r\n${secret}: ${secret}\r\n: ${secret}\r\n\r\n`,
    `GET /ws?token=${secret} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    `GET /${secret} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  ];
  return Promise.all(lines.map((line) => exchange(port, line)));
}

async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (part) => (answer += String(part)));
  // Who is cut while it still sends gets one; the close that follows is waited for.
  socket.on("error", () => undefined);
  socket.write(text);
  await once(socket, "close");
  return answer;
}
