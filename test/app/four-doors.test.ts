import { createClient, type Client } from "graphql-ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { startModelServer, type ModelServer } from "../support/openai-server.ts";
import { insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { assemble, openWs } from "../support/ws-client.ts";

const texts = Array.from({ length: 40 }, (_, n) => `piece ${n} 🌱 `);
const whole = texts.join("");

let model: ModelServer;
let platform: Platform;

beforeAll(async () => {
  model = await startModelServer();
  platform = await startPlatform({ env: { OPENAI_BASE_URL: model.baseUrl } });
  await insertTenant(platform, "garden");
});

afterAll(async () => {
  await platform?.close();
  await model?.close();
});

interface Event {
  readonly __typename: string;
  readonly content?: string;
  readonly offset?: number;
  readonly place: string;
}

const query = `subscription ($chatId: ID!, $after: String) {
  turnEvents(chatId: $chatId, after: $after) { __typename place ... on ResponseChunk { content offset } }
}`;

function openGraphql(): Client {
  return createClient({
    url: `${platform.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { tenantId: "garden" },
    retryAttempts: 0,
  });
}

/** Reads until the turn is complete, or until so many events were seen. */
async function subscribe(
  client: Client,
  chatId: string,
  after?: string,
  most = Infinity,
  onEvent: () => void = () => undefined,
): Promise<Event[]> {
  const events: Event[] = [];
  const variables = { chatId, ...(after ? { after } : {}) };
  for await (const { data } of client.iterate<{ turnEvents: Event }>({ query, variables })) {
    if (data) events.push(data.turnEvents);
    onEvent();
    if (events.length >= most || events.at(-1)?.__typename === "ResponseComplete") break;
  }
  return events;
}

async function readSse(
  response: Response,
  isLast: (event: string, data: string) => boolean,
): Promise<string[]> {
  const seen: string[] = [];
  let text = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split("\n")
          .find((line) => line.startsWith(name))
          ?.slice(name.length)
          .trim();
      const data = field("data:");
      if (!data) continue;
      seen.push(data);
      if (isLast(field("event:") ?? "", data)) return seen;
    }
  }
  return seen;
}

/** Checks that no chunk is missing or doubled. */
function join(chunks: readonly { content?: string; offset?: number }[]): string {
  let text = "";
  for (const { content, offset } of chunks) {
    if (content === undefined) continue;
    expect(offset).toBe(text.length);
    text += content;
  }
  return text;
}

test("one turn watched over raw WebSocket, graphql-ws, GraphQL over SSE and REST SSE gives equal text", async () => {
  const asker = await openWs(platform.wsUrl, { tenant_id: "garden" });
  const index = model.requests.length;
  asker.send("chat_message", { message: "Tell me all" });
  const { data } = await asker.until("processing");
  const headers = {
    "X-Tenant-ID": "garden",
    Accept: "text/event-stream",
    "Content-Type": "application/json",
  };
  const events = await fetch(`${platform.url}/api/v1/chat/${data.chat_id}/events`, { headers });
  const body = JSON.stringify({ query, variables: { chatId: data.chat_id } });
  const stream = await fetch(`${platform.url}/graphql`, { method: "POST", headers, body });
  const client = openGraphql();
  const isFollowed = Promise.withResolvers<void>();
  const overGraphqlWs = subscribe(client, data.chat_id, undefined, Infinity, isFollowed.resolve);
  const overRest = readSse(events, (event) => event === "response_complete");
  const overGraphqlSse = readSse(stream, (_event, text) => text.includes("ResponseComplete"));

  const request = await model.nth(index);
  // Who comes when the turn has ended waits for the next one.
  await isFollowed.promise;
  for (const text of texts) {
    request.say(text);
    await new Promise(setImmediate);
  }
  request.finish();
  request.done();

  await asker.until("response_complete");
  const rest = (await overRest).map(
    (text) => JSON.parse(text).data as { content?: string; offset?: number },
  );
  const graphqlSse = (await overGraphqlSse).map(
    (text) => JSON.parse(text).data?.turnEvents as Event,
  );
  expect(assemble(asker.frames, data.message_id).text).toBe(whole);
  expect(join(await overGraphqlWs)).toBe(whole);
  expect(join(graphqlSse)).toBe(whole);
  expect(join(rest)).toBe(whole);
  await client.dispose();
  await asker.close();
});

test("a GraphQL reader that drops after any event and comes back with `after` misses nothing", async () => {
  for (const most of [1, 2, 3, 5]) {
    const asker = await openWs(platform.wsUrl, { tenant_id: "garden" });
    const index = model.requests.length;
    asker.send("chat_message", { message: "Tell me all", chat_id: null });
    const { data } = await asker.until("processing");
    const client = openGraphql();
    const first = subscribe(client, data.chat_id, undefined, most);
    const request = await model.nth(index);
    const waiting = [...texts];
    const speak = async () => {
      for (const text of waiting.splice(0, 8)) {
        request.say(text);
        await asker.until("response_chunk");
      }
    };
    await speak();
    const seen = await first;
    await client.dispose();
    while (waiting.length > 0) await speak();
    request.finish();
    request.done();
    const again = openGraphql();
    const rest = await subscribe(again, data.chat_id, seen.at(-1)?.place);
    expect(join([...seen, ...rest])).toBe(whole);
    expect(
      [...seen, ...rest]
        .map(({ __typename }) => __typename)
        .filter((name) => name !== "ResponseChunk"),
    ).toEqual(["ResponseStart", "ResponseComplete"]);
    await again.dispose();
    await asker.close();
  }
});
