import { describe, expect, test } from "vitest";
import { heartbeatMs } from "../../api/rest/event-stream.ts";
import { turnSchema } from "../../api/rest/wire.ts";
import { settle } from "../support/clock.ts";
import { prefix, readBody, readError } from "./platform.ts";
import { readEvents, textOf } from "./sse.ts";
import { openChat, pieces, pushApart } from "./streamed-chat.ts";

describe("following a chat", () => {
  test("from any event's id on gives every later event exactly once, during the turn and after it", async () => {
    const chat = await openChat();
    const response = await chat.post("?");
    const script = await chat.answerer.nextTurn();
    const whole = readEvents(response).rest();
    const during = readEvents(await chat.follow());
    const first = await during.next();
    const followed = await chat.follow(first?.id);
    await pushApart(chat, script, pieces);
    const resumed = readEvents(followed);
    expect((await resumed.next())?.frame.data).toMatchObject({ offset: 0 });
    script.finish();
    const seen = await whole;

    for (const [index, { id }] of seen.slice(0, -1).entries()) {
      const reader = readEvents(await chat.follow(id));
      const later = [];
      while (later.at(-1)?.event !== "response_complete") later.push(await reader.next());
      await reader.leave();
      const before = textOf(seen.slice(0, index + 1));
      const chunks = later.slice(0, -1);
      expect(chunks.map((event) => event?.frame.data["offset"])).toEqual(
        chunks.length === 0 ? [] : [before.length],
      );
      expect(
        textOf(
          chunks.filter((event) => event !== undefined),
          before,
        ),
      ).toBe(pieces.join(""));
    }
    const behindTheEnd = readEvents(await chat.follow(seen.at(-1)?.id));
    const pending = behindTheEnd.next();
    await chat.post("next");
    expect((await pending)?.event).toBe("response_start");
    await behindTheEnd.leave();
    await Promise.all([during.leave(), resumed.leave()]);
  });

  test("gives one turn after another, with the chunks of each counted by themselves", async () => {
    const { follow, call, path } = await openChat({ pieces: ["only piece"] });
    const reader = readEvents(await follow());
    const turns = [];
    for (const content of ["1", "2", "3"]) {
      const pending = reader.next();
      const { reply } = await readBody(
        await call(`${path}/messages`, { json: { content } }),
        turnSchema,
      );
      const events = [await pending];
      while (events.at(-1)?.event !== "response_complete") events.push(await reader.next());
      expect(events.at(-1)?.frame.data).toMatchObject({ message_id: reply.id, total_chunks: 1 });
      turns.push(events[0]?.frame.data["message_id"]);
    }
    expect(new Set(turns).size).toBe(3);
    await reader.leave();
  });

  test("at the Location of a 202 shows the turn from its start, also when it has ended", async () => {
    const { call, path, log } = await openChat({ pieces: ["all of it"] });
    const taken = await call(`${path}/messages`, {
      json: { content: "?" },
      headers: { Prefer: "respond-async" },
    });
    while (log.size > 0) await settle();
    const reader = readEvents(await call(taken.headers.get("location") ?? ""));
    const names = [await reader.next(), await reader.next(), await reader.next()].map(
      (event) => event?.event,
    );
    expect(names).toEqual(["response_start", "response_chunk", "response_complete"]);
    await reader.leave();
  });

  test("without a place begins with the turn under way, not with the old ones", async () => {
    const { follow, answerer, call, path } = await openChat();
    const post = (content: string) =>
      call(`${path}/messages`, { json: { content }, headers: { Prefer: "respond-async" } });
    await post("old");
    const old = await answerer.nextTurn();
    old.finish();
    await settle();
    const { reply } = await readBody(await post("new"), turnSchema);
    const reader = readEvents(await follow());
    expect((await reader.next())?.frame.data).toMatchObject({ message_id: reply.id });
    await reader.leave();
  });

  test("is refused before the stream starts for a place that is not in this chat", async () => {
    const { follow, call, path, makeChat } = await openChat({ pieces: ["short"] });
    const { message, reply } = await readBody(
      await call(`${path}/messages`, { json: { content: "?" } }),
      turnSchema,
    );
    const other = await makeChat();
    const places = [
      "nonsense",
      `${reply.id}/`,
      `${reply.id}/1-999`,
      `${reply.id}/9-0`,
      `${reply.id}/1-2/3`,
      `${message.id}/1-0`,
      "msg_00000000000000000000000000/1-0",
      `\u00e4/1-0`,
    ];
    for (const place of places) {
      expect(await readError(await follow(place)), place).toMatchObject({
        status: 400,
        code: "INVALID_CURSOR",
      });
    }
    const elsewhere = await call(`${prefix}/chat/${other.id}/events?last_event_id=${reply.id}/1-0`);
    expect(await readError(elsewhere)).toMatchObject({ status: 400, code: "INVALID_CURSOR" });
    const tooLong = await call(`${path}/events?last_event_id=${"x".repeat(300)}`);
    expect(await readError(tooLong)).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
  });

  test("says that it lives while nothing happens", async () => {
    const { follow, clock, post, answerer } = await openChat();
    const reader = readEvents(await follow());
    const pending = reader.next();
    for (let beat = 1; beat <= 3; beat += 1) {
      await settle();
      clock.advance(heartbeatMs);
      await settle();
      expect(reader.comments).toHaveLength(beat);
    }
    await post("?");
    (await answerer.nextTurn()).finish();
    expect((await pending)?.event).toBe("response_start");
    await reader.leave();
  });

  test("ends with an error event when its chat is deleted in the middle of a turn", async () => {
    const { follow, post, answerer, call, path } = await openChat();
    await post("?");
    await answerer.nextTurn();
    const reader = readEvents(await follow());
    expect((await reader.next())?.event).toBe("response_start");
    const rest = reader.rest();
    await call(path, { method: "DELETE" });
    expect((await rest).at(-1)).toMatchObject({
      id: undefined,
      event: "error",
      frame: { data: { error_code: "MESSAGE_NOT_FOUND" } },
    });
  });

  test("leaves nothing behind when the reader goes, wherever it stands", async () => {
    const chat = await openChat();
    await chat.post("?");
    const script = await chat.answerer.nextTurn();
    await settle();
    const timers = chat.clock.timers;
    const idle = readEvents(await chat.follow());
    await idle.next();
    void idle.next();
    const unread = await chat.follow();
    await settle();
    await idle.leave();
    await unread.body?.cancel();
    await settle();
    expect(chat.clock.timers).toBe(timers);
    expect(chat.log.size).toBe(1);
    script.finish();
  });

  test("answers HEAD with its headers alone", async () => {
    const { call, path, clock, logger } = await openChat();
    const response = await call(`${path}/events`, { method: "HEAD" });
    expect(logger.lines.at(-1)?.fields).toMatchObject({ method: "HEAD", status: 200 });
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
    ]);
    expect(await response.text()).toBe("");
    expect(clock.timers).toBe(0);
  });

  test("is not acceptable to a client that takes no event stream", async () => {
    const { call, path } = await openChat();
    const response = await call(`${path}/events`, { headers: { Accept: "application/json" } });
    expect(await readError(response)).toMatchObject({ status: 406, code: "NOT_ACCEPTABLE" });
  });
});
