import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startModelServer, type ModelServer } from "../support/openai-server.ts";
import { adminToken, insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { assemble, openWs, type WsClient } from "../support/ws-client.ts";
import { follow, uploadBare } from "./formats/documents.ts";

/** Two processes on one database and one Redis, over a model that says what the test lets it say. */
let model: ModelServer;
let one: Platform;
let two: Platform;

function start(database?: Platform["database"]): Promise<Platform> {
  const env = {
    REDIS_URL: inject("redis").url,
    OPENAI_BASE_URL: model.baseUrl,
    OPENAI_API_KEY: "sk-test-0123456789abcdef",
    MODEL_RETRY_MS: "0",
  };
  return startPlatform({ env, ...(database ? { database } : {}) });
}

beforeAll(async () => {
  model = await startModelServer();
  one = await start();
  two = await start(one.database);
  await insertTenant(one, "garden", { limits: { messages_per_minute: 10_000 } });
});

afterAll(async () => {
  await two?.stop();
  await one?.close();
  await model?.close();
});

/** Asks at one process; the model's request is the test's to answer. */
async function ask(platform: Platform, message: string, data: object = {}) {
  const index = model.requests.length;
  const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
  client.send("chat_message", { message, ...data });
  const { chat_id: chatId, message_id: messageId } = (await client.until("processing")).data;
  return { client, chatId, messageId, request: () => model.nth(index) };
}

async function resume(platform: Platform, messageId: string, cursor?: string): Promise<WsClient> {
  const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
  client.send("resume", { message_id: messageId, ...(cursor ? { cursor } : {}) });
  return client;
}

async function stored(messageId: string) {
  const [row] = await one.adminSql<{ content: string; attempt: number; finish_reason: string }>(
    "select content, attempt, finish_reason from tenant_garden.chat_messages where id = $1",
    [messageId],
  );
  return row;
}

async function withRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(inject("redis").url);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

const streamKey = (messageId: string) => `miptech:{garden}:turn:${messageId}`;

test("an answer is read at the other process as it is made, and is the same to the byte", async () => {
  const { client, messageId, request } = await ask(one, "Question");
  const watcher = await resume(two, messageId);
  const given = await request();
  given.say("Grüße 🌱", " from\n");
  // Before the answer goes on: it is not the ending that brings it.
  const first = await watcher.until("response_chunk");
  expect("Grüße 🌱 from\n".startsWith(first.data.content)).toBe(true);
  given.say("afar");
  given.finish();
  given.done();
  await Promise.all([client.until("response_complete"), watcher.until("response_complete")]);
  const [here, there] = [client, watcher].map(({ frames }) => assemble(frames, messageId));
  expect(there?.text).toBe("Grüße 🌱 from\nafar");
  expect(here?.text).toBe(there?.text);
  expect((await stored(messageId))?.content).toBe(there?.text);
  await Promise.all([client.close(), watcher.close()]);
});

test("an answer is cancelled at the other process", async () => {
  const { client, messageId, request } = await ask(one, "Question");
  const given = await request();
  given.say("So far");
  await client.until("response_chunk");
  const other = await resume(two, messageId);
  other.send("cancel", { message_id: messageId });
  const ends = [client, other].map((reader) => reader.until("response_complete"));
  for (const { data } of await Promise.all(ends)) expect(data.finish_reason).toBe("cancelled");
  await given.closed;
  expect(await stored(messageId)).toMatchObject({ content: "So far", finish_reason: "cancelled" });
  await Promise.all([client.close(), other.close()]);
});

test("a chat that is deleted at the other process asks the model nothing more", async () => {
  const { client, chatId, messageId, request } = await ask(one, "Question");
  const given = await request();
  given.say("So far");
  await client.until("response_chunk");
  const headers = { "X-Tenant-ID": "garden" };
  const url = `${two.url}/api/v1/chat/${chatId}`;
  expect((await fetch(url, { method: "DELETE", headers })).status).toBe(204);
  await given.closed;
  const { data } = await client.until("error");
  expect(data).toMatchObject({ error_code: "MESSAGE_NOT_FOUND", message_id: messageId });
  await client.close();
});

test("the questions of one chat are answered in their order, whichever process they come to", async () => {
  const first = await ask(one, "First");
  const { chatId } = first;
  const given = await first.request();
  const second = await ask(two, "Second", { chat_id: chatId });
  const third = await ask(one, "Third", { chat_id: chatId });
  const before = model.requests.length;
  given.say("1");
  given.finish();
  given.done();
  for (const [index, turn] of [second, third].entries()) {
    const next = await model.nth(before + index);
    expect(next.body.messages.at(-1)?.content).toContain(index === 0 ? "Second" : "Third");
    next.say(String(index + 2));
    next.finish();
    next.done();
    await turn.client.until("response_complete");
  }
  expect(model.requests).toHaveLength(before + 2);
  for (const { client } of [first, second, third]) await client.close();
});

test("a question sent again at the other process finds its turn", async () => {
  const client_message_id = "0123456789abcdef-again";
  const first = await ask(one, "Question", { client_message_id });
  const given = await first.request();
  const again = await ask(two, "Question", { client_message_id });
  expect(again.messageId).toBe(first.messageId);
  given.say("Once");
  given.finish();
  given.done();
  await again.client.until("response_complete");
  expect(assemble(again.client.frames, again.messageId).text).toBe("Once");
  await Promise.all([first.client.close(), again.client.close()]);
});

test("who reads at the other process gets all of an answer whose Redis was emptied in the middle", async () => {
  const { client, messageId, request } = await ask(one, "Question");
  const early = await resume(two, messageId);
  const given = await request();
  given.say("One");
  await early.until("response_chunk");
  await withRedis((redis) => redis.del(streamKey(messageId)));
  given.say(" two");
  await early.until("response_chunk");
  const late = await resume(two, messageId);
  given.say(" three");
  given.finish();
  given.done();
  for (const reader of [client, early, late]) {
    await reader.until("response_complete");
    expect(assemble(reader.frames, messageId).text).toBe("One two three");
    await reader.close();
  }
});

test("who comes back after the stream has expired gets the rest from the store", async () => {
  const { client, messageId, request } = await ask(one, "Question");
  const given = await request();
  given.say("One");
  const { cursor } = (await client.until("response_chunk")).data;
  given.say(" two");
  given.finish();
  given.done();
  await client.until("response_complete");
  const left = await withRedis(async (redis) => {
    const ttl = await redis.pttl(streamKey(messageId));
    await redis.pexpire(streamKey(messageId), 0);
    return ttl;
  });
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(60_000);
  const late = await resume(two, messageId, cursor);
  const chunk = await late.until("response_chunk");
  expect(chunk.data).toMatchObject({ offset: 3, content: " two" });
  await late.until("response_complete");
  await Promise.all([client.close(), late.close()]);
});

test("a process that shuts down hands its answers over, and who reads them goes on elsewhere", async () => {
  const leaving = await start(one.database);
  const { client, messageId, request } = await ask(leaving, "Question");
  const given = await request();
  given.say("Half of");
  await client.until("response_chunk");
  const watcher = await resume(two, messageId);
  await watcher.until("response_chunk");
  const next = model.nth(model.requests.length);
  await leaving.stop();
  expect(await client.closed).toBe(1012);
  expect(client.frames.at(-1)?.type).toBe("reconnect");
  const back = await resume(two, messageId, assemble(client.frames, messageId).cursor);
  const again = await next;
  again.say("All of it");
  again.finish();
  again.done();
  for (const reader of [watcher, back]) {
    await reader.until("response_complete");
    expect(assemble(reader.frames, messageId)).toMatchObject({ text: "All of it", attempt: 2 });
    await reader.close();
  }
  expect(await stored(messageId)).toMatchObject({ content: "All of it", attempt: 2 });
});

test("a document that is brought at one process is followed to its end, found and cited at the other", async () => {
  const text = "Axolotls in the basin are fed by Rosa.";
  const brought = {
    source: "basin.html",
    mediaType: "text/html",
    bytes: new TextEncoder().encode(`<h1>Basin</h1><p>${text}</p>`),
  };
  for (const [here, there] of [
    [one, two],
    [two, one],
  ] as const) {
    const source = `${here === one ? "one" : "two"}/${brought.source}`;
    const prefer = { Prefer: "respond-async" };
    const response = await uploadBare(here.url, "garden", { ...brought, source }, prefer);
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    const seen = (await follow(there.url, "garden", id)).map(({ ingestion }) => ingestion);
    expect(seen.at(-1)).toMatchObject({ state: "complete", progress: 100, error: null });
    const { client, request } = await ask(there, "Who feeds the axolotls in the basin?");
    const given = await request();
    expect(given.body.messages.at(-1)?.content).toContain(text);
    given.say(`"${text}" [1]`);
    given.finish();
    given.done();
    const { data } = await client.until("response_complete");
    expect(data.sources).toMatchObject([{ document_id: id, heading: "Basin", verified: true }]);
    await client.close();
    const init = {
      method: "DELETE",
      headers: { "X-Tenant-ID": "garden", "X-Admin-Token": adminToken },
    };
    const path = `/api/v1/admin/documents/${id}`;
    expect((await fetch(here.url + path, init)).status).toBe(204);
    expect((await fetch(there.url + path, { headers: init.headers })).status).toBe(404);
  }
});
