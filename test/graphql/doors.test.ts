import { createClient } from "graphql-ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { insertTenant, startPlatform, teach, type Platform } from "../support/platform.ts";
import { assemble as assembleFrames, openWs } from "../support/ws-client.ts";
import { readEvents, textOf } from "../rest/sse.ts";
import { createChat, sendMessage, type Created, type Result, type Sent } from "./client.ts";
import { assemble, eventOf, followChat, followMessage, isEnd } from "./events.ts";
import type { EventResult, EventShape } from "./events.ts";
import { openRaw, readResults } from "./listen.ts";

let platform: Platform;
let url: string;

beforeAll(async () => {
  platform = await startPlatform({ env: { EXTRACTIVE_PACE_MS: "5" } });
  url = `${platform.url}/graphql`;
  await insertTenant(platform, "acme");
  await teach(platform, "acme");
});
afterAll(() => platform?.close());

const tenant = { "X-Tenant-ID": "acme" };
const json = { "Content-Type": "application/json" };

async function ask<Data>(query: string, variables: object = {}, headers = {}): Promise<Data> {
  const body = JSON.stringify({ query, variables });
  const response = await fetch(url, {
    method: "POST",
    headers: { ...json, ...tenant, ...headers },
    body,
  });
  const { data, errors } = (await response.json()) as Result<Data>;
  if (!data || errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function takeTurn(next: () => Promise<EventResult | undefined>): Promise<EventShape[]> {
  const events: EventShape[] = [];
  for (;;) {
    const event = eventOf((await next()) ?? {});
    events.push(event);
    if (isEnd(event)) return events;
  }
}

test("one turn watched at every door at once gives the same text, which is the stored one", async () => {
  const made = await ask<Created>(createChat);
  const chatId = made.createChat.chat.id;
  const raw = await openWs(platform.wsUrl, { tenant_id: "acme" });
  const client = createClient({
    url: url.replace("http:", "ws:"),
    webSocketImpl: WebSocket,
    connectionParams: { tenantId: "acme" },
  });
  const variables = { chatId };
  const sockets = client.iterate({ query: followChat, variables });
  const streamed = readResults<EventResult>(
    await fetch(url, {
      method: "POST",
      headers: { ...json, ...tenant, Accept: "text/event-stream" },
      body: JSON.stringify({ query: followChat, variables }),
    }),
  );
  const rest = readEvents(
    await fetch(`${platform.url}/api/v1/chat/${chatId}/events`, { headers: tenant }),
  );
  const overSocket = takeTurn(async () => (await sockets.next()).value as EventResult);
  const overEvents = takeTurn(() => streamed.next());

  const input = { chatId, content: "How do I water tomatoes?" };
  const { sendMessage: sent } = await ask<Sent>(sendMessage, { input });
  raw.send("resume", { message_id: sent.answer.id });
  const restEvents = [];
  while (restEvents.at(-1)?.event !== "response_complete") {
    const event = await rest.next();
    if (event) restEvents.push(event);
  }
  await raw.until("response_complete");
  const { message } = await ask<{ message: { content: string; sources: object[] } }>(
    `query ($id: ID!) { message(id: $id) { content sources { number title excerpt } } }`,
    { id: sent.answer.id },
  );
  expect(message.content).toContain("Water tomatoes at the root in the morning");
  expect(message.sources).toMatchObject([{ number: 1, title: "Garden guide" }]);
  const texts = [
    assemble(await overSocket),
    assemble(await overEvents),
    textOf(restEvents),
    assembleFrames(raw.frames, sent.answer.id).text,
  ];
  expect(texts).toEqual(texts.map(() => message.content));
  await Promise.all([streamed.leave(), rest.leave(), raw.close()]);
  await client.dispose();
});

test("a turn that was begun at another door is resumed here from the cursor that was seen there", async () => {
  const raw = await openWs(platform.wsUrl, { tenant_id: "acme" });
  raw.send("chat_message", { message: "Do beans need feeding?" });
  const { data } = await raw.until("response_chunk");
  raw.drop();
  const reader = readResults<EventResult>(
    await fetch(url, {
      method: "POST",
      headers: { ...json, ...tenant, Accept: "text/event-stream" },
      body: JSON.stringify({
        query: followMessage,
        variables: { messageId: data.message_id, after: `${data.message_id}/${data.cursor}` },
      }),
    }),
  );
  const events = await takeTurn(() => reader.next());
  const before = assembleFrames(raw.frames, data.message_id).text;
  const after = events.map(({ content = "" }) => content).join("");
  expect(before + after).toBe(events.at(-1)?.message?.content);
  expect(events[0]?.__typename).not.toBe("ResponseStart");
});

test("pages of chats and their messages come from PostgreSQL as from memory", async () => {
  const first = await ask<Created>(createChat, { input: { title: "1" } });
  const headers = { "X-Visitor-Token": first.createChat.visitorToken ?? "" };
  for (const title of ["2", "3"]) await ask<Created>(createChat, { input: { title } }, headers);
  const chatId = first.createChat.chat.id;
  const input = { chatId, content: "What do beans climb on?" };
  await ask<Sent>(sendMessage, { input }, headers);
  const query = `query ($after: String) { chats(first: 2, after: $after) {
    edges { node { title messages(first: 1) {
      edges { node { content chat { title } } } pageInfo { hasNextPage } } } }
    pageInfo { hasNextPage endCursor } } }`;
  interface Page {
    readonly chats: { readonly edges: object[]; readonly pageInfo: { readonly endCursor: string } };
  }
  const page = await ask<Page>(query, {}, headers);
  const empty = { edges: [], pageInfo: { hasNextPage: false } };
  expect(page.chats).toMatchObject({
    edges: [{ node: { title: "3", messages: empty } }, { node: { title: "2", messages: empty } }],
    pageInfo: { hasNextPage: true },
  });
  const rest = await ask<Page>(query, { after: page.chats.pageInfo.endCursor }, headers);
  expect(rest.chats).toMatchObject({
    edges: [
      {
        node: {
          title: "1",
          messages: {
            edges: [{ node: { content: input.content, chat: { title: "1" } } }],
            pageInfo: { hasNextPage: true },
          },
        },
      },
    ],
    pageInfo: { hasNextPage: false },
  });
});

test("a tenant that is suspended with psql loses its connections and its streams, and is refused", async () => {
  await insertTenant(platform, "leaving");
  const headers = { "X-Tenant-ID": "leaving" };
  const made = await ask<Created>(createChat, {}, headers);
  const variables = { chatId: made.createChat.chat.id };
  const socket = await openRaw(url.replace("http:", "ws:"));
  await socket.init({ tenantId: "leaving" });
  socket.send({ id: "1", type: "subscribe", payload: { query: followChat, variables } });
  const reader = readResults<EventResult>(
    await fetch(url, {
      method: "POST",
      headers: { ...json, ...headers, Accept: "text/event-stream" },
      body: JSON.stringify({ query: followChat, variables }),
    }),
  );
  await platform.sql("update tenants set status = 'suspended' where id = 'leaving'");
  expect(await socket.closed).toEqual({ code: 4404, reason: "TENANT_NOT_FOUND" });
  const last = await reader.next();
  expect(last?.errors?.[0]?.extensions?.code).toBe("TENANT_NOT_FOUND");
  expect(await reader.next()).toBeUndefined();
  await expect(ask("{ tenant { id } }", {}, headers)).rejects.toThrow("TENANT_NOT_FOUND");
});

test("only the path itself is upgraded, with and without its last slash", async () => {
  const ws = url.replace("http:", "ws:");
  for (const path of ["", "/"]) {
    const socket = await openRaw(ws + path);
    expect(await socket.init({ tenantId: "acme" })).toEqual({ type: "connection_ack" });
    socket.ws.close();
  }
  for (const path of ["/deeper", "s"]) {
    await expect(openRaw(ws + path)).rejects.toThrow("404");
  }
});
