import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { pushApart } from "../rest/streamed-chat.ts";
import { openPlatform, readAnswer, sendMessage, type Sent } from "./client.ts";
import { assemble, eventOf, followChat, followMessage, isEnd } from "./events.ts";
import type { EventResult, EventShape } from "./events.ts";
import { readResults, type EventReader } from "./listen.ts";

const accept = { Accept: "text/event-stream" };
const pieces = ["One ", "two ", "three ", "four."];

async function openTurn(options: Parameters<typeof openPlatform>[0] = {}) {
  const platform = openPlatform(options);
  const { sendMessage: sent } = await platform.ask<Sent>(sendMessage, { input: { content: "?" } });
  const subscribe = async (query: string, variables: object) =>
    readResults<EventResult>(
      await platform.call("/graphql", { json: { query, variables }, headers: accept }),
    );
  return {
    ...platform,
    chatId: sent.chat.id,
    messageId: sent.answer.id,
    subscribe,
    follow: (after?: string) => subscribe(followChat, { chatId: sent.chat.id, after }),
    read: (after?: string) => subscribe(followMessage, { messageId: sent.answer.id, after }),
  };
}

/** Takes events up to the end of a turn. */
async function takeTurn(reader: EventReader<EventResult>): Promise<EventShape[]> {
  const events: EventShape[] = [];
  for (;;) {
    const result = await reader.next();
    if (!result) throw new Error("The stream completed");
    const event = eventOf(result);
    events.push(event);
    if (isEnd(event)) return events;
  }
}

describe("the events of a turn", () => {
  test("come from its start to its end, each with its place", async () => {
    const opened = await openTurn();
    const { answerer, read, messageId, chatId } = opened;
    const reader = await read();
    const taking = takeTurn(reader);
    const script = await answerer.nextTurn();
    await pushApart(opened, script, pieces);
    script.finish();
    const events = await taking;
    expect(events.map((event) => event.__typename)).toEqual([
      "ResponseStart",
      ...pieces.map(() => "ResponseChunk"),
      "ResponseComplete",
    ]);
    for (const event of events) {
      expect(event).toMatchObject({ messageId, chatId, attempt: 1 });
      expect(event.place).toBe(`${messageId}/${event.cursor}`);
    }
    expect(assemble(events)).toBe(pieces.join(""));
    expect(events.at(-1)).toMatchObject({
      finishReason: "STOP",
      totalTokens: 7,
      costEstimate: 0.25,
      usageEstimated: false,
      totalChunks: 4,
      model: "scripted",
      degraded: [],
      sources: [{ number: 1, title: "Pricing" }],
      message: { id: messageId, status: "COMPLETE", content: pieces.join("") },
    });
    expect(await reader.next()).toBeUndefined();
  });

  test("go on behind any place, during the turn and after it, with nothing missing or doubled", async () => {
    const opened = await openTurn();
    const { answerer, read, follow } = opened;
    const whole = takeTurn(await read());
    const script = await answerer.nextTurn();
    const early = await read();
    const first = eventOf((await early.next()) ?? {});
    await early.leave();
    const behind = await read(first.place);
    await pushApart(opened, script, pieces);
    const missed = eventOf((await behind.next()) ?? {});
    expect(missed).toMatchObject({ offset: 0, content: pieces.join("") });
    script.finish();
    const events = await whole;
    expect(assemble([first, missed, ...(await takeTurn(behind))])).toBe(pieces.join(""));
    for (const [index, { place }] of events.slice(0, -1).entries()) {
      for (const open of [read, follow]) {
        const reader = await open(place);
        const rest = await takeTurn(reader);
        await reader.leave();
        expect(assemble([...events.slice(0, index + 1), ...rest])).toBe(pieces.join(""));
      }
    }
    expect(await (await read(events.at(-1)?.place)).next()).toBeUndefined();
  });

  test("end with what went wrong, in words that are safe", async () => {
    const { answerer, read, messageId } = await openTurn();
    const taking = takeTurn(await read(messageId));
    const script = await answerer.nextTurn();
    script.push("half");
    script.fail(new Error("secret"));
    const events = await taking;
    expect(events.at(-1)).toMatchObject({
      __typename: "ResponseError",
      error: { code: "PROCESSING_ERROR", message: "Failed to process message" },
      totalChunks: 1,
    });
    expect(assemble(events)).toBe("half");
  });
});

describe("the events of a chat", () => {
  test("are those of one turn after another, with the chunks of each counted by themselves", async () => {
    const { ask, follow, chatId, messageId, log } = await openTurn({ pieces: ["only piece"] });
    await expect.poll(() => log.size).toBe(0);
    const reader = await follow(messageId);
    const turns = [await takeTurn(reader)];
    for (const content of ["2?", "3?"]) {
      const taking = takeTurn(reader);
      await settle();
      const { sendMessage: sent } = await ask<Sent>(sendMessage, { input: { chatId, content } });
      const events = await taking;
      expect(events.at(-1)).toMatchObject({ messageId: sent.answer.id, totalChunks: 1 });
      turns.push(events);
    }
    expect(turns.map(assemble)).toEqual(["only piece", "only piece", "only piece"]);
    await reader.leave();
  });

  test("begin with the turn that is under way, where no place is given", async () => {
    const { ask, follow, chatId, answerer } = await openTurn();
    (await answerer.nextTurn()).finish();
    await settle();
    const { sendMessage: sent } = await ask<Sent>(sendMessage, {
      input: { chatId, content: "2?" },
    });
    const reader = await follow();
    expect(eventOf((await reader.next()) ?? {}).messageId).toBe(sent.answer.id);
    await reader.leave();
  });

  test("show what they lead to as it is at that event, not as it was at an earlier one", async () => {
    const { ask, subscribe, chatId, messageId, log } = await openTurn({ pieces: ["a"] });
    await expect.poll(() => log.size).toBe(0);
    const query = `subscription ($chatId: ID!, $after: String) {
      turnEvents(chatId: $chatId, after: $after) {
        __typename ... on ResponseComplete { message { chat { title } } } } }`;
    const reader = await subscribe(query, { chatId, after: messageId });
    const titleAtEnd = async () => {
      const [, , { data } = {}] = [await reader.next(), await reader.next(), await reader.next()];
      return data?.turnEvents?.message;
    };
    expect(await titleAtEnd()).toEqual({ chat: { title: "?" } });
    const rename =
      'mutation ($id: ID!) { renameChat(input: {chatId: $id, title: "New"}) { __typename } }';
    await ask(rename, { id: chatId });
    const next = titleAtEnd();
    await ask<Sent>(sendMessage, { input: { chatId, content: "2?" } });
    expect(await next).toEqual({ chat: { title: "New" } });
    await reader.leave();
  });
});

describe("a subscription", () => {
  test("to a place that isn't there is refused before it begins", async () => {
    const { subscribe, chatId, messageId, ask, log } = await openTurn({ pieces: ["short"] });
    await expect.poll(() => log.size).toBe(0);
    const other = await ask<Sent>(sendMessage, { input: { content: "else" } });
    const places = [
      "nonsense",
      `${messageId}/`,
      `${messageId}/1-999`,
      `${messageId}/9-0`,
      `${messageId}/1-2/3`,
      `${other.sendMessage.answer.id}/1-0`,
      other.sendMessage.question.id,
    ];
    for (const after of places) {
      for (const [query, variables] of [
        [followChat, { chatId, after }],
        [followMessage, { messageId, after }],
      ] as const) {
        const reader = await subscribe(query, variables);
        const result = await reader.next();
        expect(result?.errors?.[0]?.extensions?.code, after).toBe("INVALID_CURSOR");
        expect(result?.data ?? null).toBeNull();
        expect(await reader.next()).toBeUndefined();
      }
    }
  });

  test("to a question, or to nothing, is refused", async () => {
    const { subscribe, ask } = await openTurn();
    const { sendMessage: sent } = await ask<Sent>(sendMessage, { input: { content: "?" } });
    for (const [query, variables, code] of [
      [followMessage, { messageId: sent.question.id }, "MESSAGE_NOT_FOUND"],
      [followMessage, { messageId: "msg_no" }, "MESSAGE_NOT_FOUND"],
      [followChat, { chatId: "chat_no" }, "CHAT_NOT_FOUND"],
    ] as const) {
      const result = await (await subscribe(query, variables)).next();
      expect(result?.errors?.[0]?.extensions?.code).toBe(code);
    }
  });

  test("ends with an error when its chat is deleted in the middle of a turn", async () => {
    const { follow, answerer, ask, chatId } = await openTurn();
    await answerer.nextTurn();
    const reader = await follow();
    expect(eventOf((await reader.next()) ?? {}).__typename).toBe("ResponseStart");
    await ask("mutation ($id: ID!) { deleteChat(input: {chatId: $id}) { deletedChatId } }", {
      id: chatId,
    });
    const last = await reader.next();
    expect(last?.errors?.[0]?.extensions?.code).toBe("MESSAGE_NOT_FOUND");
    expect(await reader.next()).toBeUndefined();
  });

  test("ends with a reason when the server goes down or its tenant is closed", async () => {
    for (const [code, close] of [
      ["SERVICE_UNAVAILABLE", (opened: Opened) => opened.stopping.abort()],
      [
        "TENANT_NOT_FOUND",
        ({ tenants, accesses }: Opened) => {
          tenants.suspend("demo");
          accesses.change({ tenantId: "demo" });
        },
      ],
    ] as const) {
      const opened = await openTurn();
      const reader = await opened.follow();
      await reader.next();
      const pending = reader.next();
      await settle();
      close(opened);
      expect((await pending)?.errors?.[0]?.extensions?.code).toBe(code);
      expect(await reader.next()).toBeUndefined();
    }
  });

  test("can be opened by GET, by a browser's EventSource too", async () => {
    const { call, chatId, answerer, messageId } = await openTurn({ defaultTenantId: "demo" });
    const query = new URLSearchParams({
      query: `subscription { turnEvents(chatId: "${chatId}") { __typename messageId } }`,
    });
    const response = await call(`/graphql?${query.toString()}`, { headers: accept });
    const reader = readResults<EventResult>(response);
    await answerer.nextTurn();
    expect(await reader.next()).toEqual({
      data: { turnEvents: { __typename: "ResponseStart", messageId } },
    });
    await reader.leave();
  });

  test("isn't answered to those who take no event stream", async () => {
    const { call, chatId } = await openTurn();
    const response = await call("/graphql", {
      json: { query: followChat, variables: { chatId } },
      headers: { Accept: "application/json" },
    });
    const { status, errors } = await readAnswer(response);
    expect([status, errors?.[0]?.extensions.code]).toEqual([406, "NOT_ACCEPTABLE"]);
  });
});

type Opened = Awaited<ReturnType<typeof openTurn>>;
