import { Agent, request } from "node:http";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { turnSchema } from "../../api/rest/wire.ts";
import { settle } from "../support/clock.ts";
import { listen } from "./listen.ts";
import { createPlatform, prefix, readBody, readError } from "./platform.ts";
import { readEvents, textOf } from "./sse.ts";
import { openChat } from "./streamed-chat.ts";

const reconnect = {
  id: undefined,
  event: "reconnect",
  frame: {
    type: "reconnect",
    data: { message: "The server restarts: come back and resume", retry_after: 1 },
  },
};
const names = (events: readonly { event: string }[]) => events.map(({ event }) => event);

describe("who follows a chat when the server drains", () => {
  test("is sent away at once where no turn is under way", async () => {
    const { follow, draining, clock } = await openChat();
    const rest = readEvents(await follow()).rest();
    await settle();
    draining.abort();
    expect(await rest).toEqual([reconnect]);
    expect(clock.timers).toBe(0);
  });

  test("is sent away when the turn under way has ended, with all of it", async () => {
    const { follow, draining, post, answerer, log } = await openChat();
    await post("?");
    const script = await answerer.nextTurn();
    const rest = readEvents(await follow()).rest();
    await settle();
    draining.abort();
    script.push("To the end");
    await settle();
    expect(log.size).toBe(1);
    script.finish();
    const seen = await rest;
    expect(names(seen)).toEqual([
      "response_start",
      "response_chunk",
      "response_complete",
      "reconnect",
    ]);
    expect(textOf(seen)).toBe("To the end");
  });

  test("finds what it did not see yet behind the last id, wherever it comes back", async () => {
    const { follow, draining, post, answerer } = await openChat();
    await post("1");
    const [first, rest] = [await answerer.nextTurn(), readEvents(await follow()).rest()];
    await post("2");
    await settle();
    draining.abort();
    first.finish();
    const seen = await rest;
    expect(seen.at(-1)).toEqual(reconnect);
    const second = await answerer.nextTurn();
    second.push("The next one");
    second.finish();
    const back = readEvents(await follow(seen.at(-2)?.id));
    const later = [await back.next(), await back.next(), await back.next()];
    expect(textOf(later.filter((event) => event !== undefined))).toBe("The next one");
    expect(later.at(-1)?.event).toBe("response_complete");
    await back.leave();
  });

  test("and comes only then still gets the turn under way", async () => {
    const { follow, draining, post, answerer } = await openChat();
    await post("?");
    const script = await answerer.nextTurn();
    await settle();
    draining.abort();
    const rest = readEvents(await follow()).rest();
    script.finish();
    expect(names(await rest)).toEqual(["response_start", "response_complete", "reconnect"]);
  });

  test("is sent away in the middle of a turn at the end of the grace time, without an error", async () => {
    const { follow, draining, stopping, post, answerer, logger } = await openChat();
    await post("?");
    const script = await answerer.nextTurn();
    script.push("Half");
    const rest = readEvents(await follow()).rest();
    await settle();
    draining.abort();
    await settle();
    stopping.abort();
    expect(names(await rest)).toEqual(["response_start", "response_chunk", "reconnect"]);
    expect(logger.lines.filter(({ level }) => level === "error")).toEqual([]);
    script.finish();
  });

  test("is told why when its tenant is closed in the same moment", async () => {
    const { follow, draining, accesses, tenants } = await openChat();
    const rest = readEvents(await follow()).rest();
    await settle();
    tenants.suspend("demo");
    accesses.change({ tenantId: "demo" });
    await settle();
    draining.abort();
    const [end, ...more] = await rest;
    expect(end).toMatchObject({
      id: undefined,
      event: "error",
      frame: { data: { error_code: "TENANT_NOT_FOUND" } },
    });
    expect(more).toEqual([]);
  });
});

describe("a question asked over REST when the server drains", () => {
  test("whose events are streamed ends as ever, also when the grace time ends with it", async () => {
    const { post, answerer, draining, stopping } = await openChat();
    const reader = readEvents(await post("?"));
    const script = await answerer.nextTurn();
    expect((await reader.next())?.event).toBe("response_start");
    draining.abort();
    script.finish();
    expect((await reader.next())?.event).toBe("response_complete");
    stopping.abort();
    expect(await reader.rest()).toEqual([]);
  });

  test("whose events are streamed is told to come back at the end of the grace time", async () => {
    const { post, answerer, draining, stopping } = await openChat();
    const rest = readEvents(await post("?")).rest();
    const script = await answerer.nextTurn();
    await settle();
    draining.abort();
    stopping.abort();
    expect(names(await rest)).toEqual(["response_start", "reconnect"]);
    script.finish();
  });

  test("that waits for its answer gets it within the grace time", async () => {
    const { call, path, answerer, draining } = await openChat();
    const pending = call(`${path}/messages`, { json: { content: "?" } });
    const script = await answerer.nextTurn();
    draining.abort();
    script.push("In time");
    script.finish();
    const { reply } = await readBody(await pending, turnSchema);
    expect(reply).toMatchObject({ content: "In time", status: "complete" });
  });

  test("that waits longer is answered 503, and its retry with the same key finds the turn", async () => {
    const { call, path, answerer, draining, stopping } = await openChat();
    const asked = {
      json: { content: "?" },
      headers: { "Idempotency-Key": "the-key-of-this-question" },
    };
    const pending = call(`${path}/messages`, asked);
    const script = await answerer.nextTurn();
    draining.abort();
    stopping.abort();
    const response = await pending;
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await readError(response)).toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
    script.push("After all");
    script.finish();
    await settle();
    const again = await readBody(await call(`${path}/messages`, asked), turnSchema);
    expect(again.reply.content).toBe("After all");
  });
});

test("a stream begins with how soon to come back, once", async () => {
  const { follow } = await openChat();
  const response = await follow();
  const { value } = (await response.body?.getReader().read()) ?? {};
  expect(Buffer.from(value ?? []).toString()).toBe("retry: 1000\n\n");
});

test("while the server drains, a connection is closed after its answer", async () => {
  const { http, draining } = createPlatform();
  const server = await listen(http.fetch);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const ask = async () => {
      const sent = request(`${server.url}/health`, { agent }).end();
      const [response] = await once(sent, "response");
      response.resume();
      await once(response, "end");
      return { header: response.headers.connection, reused: sent.reusedSocket };
    };
    expect(await ask()).toEqual({ header: "keep-alive", reused: false });
    draining.abort();
    expect(await ask()).toEqual({ header: "close", reused: true });
    expect(await ask()).toEqual({ header: "close", reused: false });
  } finally {
    agent.destroy();
    await server.close();
  }
});

test("a refusal while the server drains closes its connection too", async () => {
  const { call, draining } = createPlatform();
  draining.abort();
  const answers = [
    await call("/nothing"),
    await call(`${prefix}/chat/none`),
    await call("/graphql"),
  ];
  expect(answers.map(({ headers }) => headers.get("connection"))).toEqual(
    answers.map(() => "close"),
  );
});
