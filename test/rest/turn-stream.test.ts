import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { messagePage, readBody } from "./platform.ts";
import { readEvents, textOf } from "./sse.ts";
import { openChat, pieces, pushApart } from "./streamed-chat.ts";

describe("the events of one turn", () => {
  test("come from its start to its end, in the frames of the raw WebSocket", async () => {
    const chat = await openChat();
    const response = await chat.post("?");
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    const script = await chat.answerer.nextTurn();
    const reader = readEvents(response);
    const events = reader.rest();
    await pushApart(chat, script, pieces);
    script.finish();
    const seen = await events;

    expect(seen.map(({ event }) => event)).toEqual([
      "response_start",
      ...pieces.map(() => "response_chunk"),
      "response_complete",
    ]);
    const { message_id, chat_id } = seen[0]?.frame.data ?? {};
    for (const { id, event, frame } of seen) {
      expect(frame.type).toBe(event);
      expect(frame.data).toMatchObject({ message_id, chat_id, attempt: 1 });
      expect(id).toBe(`${String(message_id)}/${String(frame.data["cursor"])}`);
    }
    expect(seen.at(-1)?.frame.data).toMatchObject({
      total_tokens: 7,
      cost_estimate: 0.25,
      total_chunks: pieces.length,
      finish_reason: "stop",
    });
    const { items } = await readBody(await chat.call(`${chat.path}/messages`), messagePage);
    expect(textOf(seen)).toBe(items[1]?.content);
  });

  test("are logged as one request, when their stream is over", async () => {
    const { post, answerer, logger, clock } = await openChat();
    const lines = logger.lines.length;
    const reader = readEvents(await post("?"));
    const script = await answerer.nextTurn();
    await reader.next();
    clock.advance(5000);
    script.finish();
    expect(logger.lines).toHaveLength(lines);
    await reader.rest();
    await settle();
    expect(logger.lines.slice(lines).map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ method: "POST", status: 200, duration_ms: 5000 }),
    ]);
  });

  test("end with an error event when the turn fails, and the response with it", async () => {
    const { post, answerer } = await openChat();
    const response = await post("?");
    const script = await answerer.nextTurn();
    script.push("half");
    script.fail(new Error("secret"));
    const seen = await readEvents(response).rest();
    expect(seen.map(({ event }) => event)).toEqual(["response_start", "response_chunk", "error"]);
    expect(seen.at(-1)?.frame).toMatchObject({
      type: "error",
      data: { error_code: "PROCESSING_ERROR", total_chunks: 1 },
    });
    expect(JSON.stringify(seen)).not.toContain("secret");
  });

  test("that a slow reader missed come as one piece", async () => {
    const chat = await openChat();
    const response = await chat.post("?");
    const script = await chat.answerer.nextTurn();
    const reader = readEvents(response);
    expect((await reader.next())?.event).toBe("response_start");
    await pushApart(chat, script, pieces);
    expect((await reader.next())?.frame.data).toMatchObject({
      offset: 0,
      content: pieces.join(""),
    });
    script.finish();
    expect((await reader.rest())[0]?.frame.data).toMatchObject({ total_chunks: 1 });
  });
});
