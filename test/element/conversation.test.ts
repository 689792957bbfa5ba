import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServerFrame } from "../../api/ws/protocol.ts";
import {
  emptyConversation,
  pendingQuestions,
  reduceConversation,
  runningAnswers,
  type Conversation,
} from "../../element/client/conversation.ts";
import {
  chunk,
  complete,
  failure,
  processing,
  rateLimit,
  refusal,
  restOf,
  source,
  start,
  turnOf,
} from "./support/frames.ts";

const at = 1000;
const text = "A tenant is a client organisation with its own schema.";

function receive(state: Conversation, ...frames: ServerFrame[]): Conversation {
  return frames.reduce(
    (next, frame) => reduceConversation(next, { type: "frame", frame, at }),
    state,
  );
}

function asked(): Conversation {
  return reduceConversation(emptyConversation, {
    type: "asked",
    clientMessageId: "cm-1",
    text: "What?",
    at,
  });
}

const accepted = () => receive(asked(), processing("cm-1"));
const answerOf = (state: Conversation) => state.messages.find(({ role }) => role === "assistant");

describe("a turn", () => {
  test("goes from the question through its pieces to the whole answer", () => {
    const sources = [source(1)];
    const running = receive(accepted(), start(), chunk("A ten", 0), chunk("ant", 5));
    expect(pendingQuestions(asked())).toMatchObject([{ id: "cm-1", status: "sending" }]);
    expect(running.messages).toMatchObject([
      { id: "question-1", role: "user", status: "sent", content: "What?" },
      {
        id: "answer-1",
        role: "assistant",
        content: "A tenant",
        metadata: { streaming: true, cursor: "1-8" },
      },
    ]);
    expect(running.chunks).toEqual(["A ten", "ant"]);

    const ended = receive(running, complete({ sources }));
    expect(ended.chatId).toBe("chat-1");
    expect(answerOf(ended)).toMatchObject({
      content: "A tenant",
      status: "sent",
      metadata: {
        streaming: false,
        sources,
        total_tokens: 12,
        cost_estimate: 0.001,
        finish_reason: "stop",
      },
    });
    expect(ended.chunks).toEqual([]);
  });

  test("keeps the partial text when it fails", () => {
    const state = receive(accepted(), start(), chunk("A ten", 0), failure());
    expect(answerOf(state)).toMatchObject({ content: "A ten", status: "error" });
    expect(answerOf(state)?.metadata?.error?.code).toBe("PROCESSING_ERROR");
    expect(runningAnswers(state)).toEqual([]);
  });

  test("is not changed by anything after its end", () => {
    const ended = receive(accepted(), ...turnOf(text, 7));
    expect(
      receive(ended, start(2), chunk("other", 0, 2), failure(), complete({ attempt: 2 })),
    ).toEqual(ended);
  });

  test("answers one question only once, though it was sent twice", () => {
    const state = receive(
      accepted(),
      start(),
      chunk("A ten", 0),
      processing("cm-1"),
      start(),
      chunk("A ten", 0),
    );
    expect(state.messages).toHaveLength(2);
    expect(answerOf(state)?.content).toBe("A ten");
  });
});

describe("pieces", () => {
  test("build the same text wherever the connection drops and whatever comes twice", () => {
    const frames = turnOf(text, 4);
    fc.assert(
      fc.property(fc.array(fc.nat(frames.length - 1), { maxLength: 5 }), (drops) => {
        let state = accepted();
        for (const upTo of drops) {
          state = receive(state, ...frames.slice(0, upTo));
          const cursor = answerOf(state)?.metadata?.cursor;
          state = receive(state, ...restOf(text, cursor).slice(0, -1));
        }
        state = receive(state, ...frames);
        expect(answerOf(state)).toMatchObject({
          content: text,
          metadata: { streaming: false, behind: false },
        });
      }),
    );
  });

  test.each([
    ["a repeated piece", [chunk("abc", 0), chunk("abc", 0)], "abc"],
    ["an overlapping piece", [chunk("abc", 0), chunk("bcde", 1)], "abcde"],
    ["a piece of an older attempt", [start(2), chunk("xy", 0, 2), chunk("abc", 0, 1)], "xy"],
    ["a higher attempt", [chunk("abc", 0), start(2), chunk("xy", 0, 2)], "xy"],
    ["a higher attempt whose start was missed", [chunk("abc", 0), chunk("xy", 0, 2)], "xy"],
  ])("%s", (_, frames, expected) => {
    expect(answerOf(receive(accepted(), start(), ...frames))?.content).toBe(expected);
  });

  test("a gap leaves the text as it is, and the end that comes over it waits", () => {
    const behind = receive(accepted(), start(), chunk("abc", 0), chunk("ghi", 6), complete());
    expect(answerOf(behind)).toMatchObject({
      content: "abc",
      metadata: { behind: true, streaming: true, cursor: "1-3" },
    });
    const whole = receive(behind, chunk("defghi", 3), complete());
    expect(answerOf(whole)).toMatchObject({
      content: "abcdefghi",
      metadata: { behind: false, streaming: false },
    });
  });

  test("a gap in a higher attempt keeps the older text until the newer one can be placed", () => {
    const behind = receive(accepted(), start(), chunk("abc", 0), chunk("zz", 4, 2));
    expect(answerOf(behind)).toMatchObject({
      content: "abc",
      metadata: { behind: true, attempt: 1 },
    });
    expect(answerOf(receive(behind, start(2), chunk("xyzzzz", 0, 2)))?.content).toBe("xyzzzz");
  });
});

describe("a second attempt", () => {
  const halfway = () => receive(accepted(), start(), chunk("Half of the fir", 0));

  test("leaves the older text until its own is there, and never shows an empty answer between", () => {
    const begun = receive(halfway(), start(2));
    expect(answerOf(begun)).toMatchObject({
      content: "Half of the fir",
      metadata: { attempt: 1, begun: 2, cursor: "2-0", streaming: true },
    });
    expect(answerOf(receive(begun, chunk("st", 15, 1)))?.content).toBe("Half of the fir");
    const next = receive(begun, chunk("The second", 0, 2));
    expect(answerOf(next)).toMatchObject({ content: "The second", metadata: { attempt: 2 } });
    expect(next.chunks).toEqual(["The second"]);
  });

  test("that says nothing leaves nothing of the older text, be it whole or failed", () => {
    const end = complete({ attempt: 2, cursor: "2-end" });
    for (const ended of [end, failure(2)])
      expect(answerOf(receive(halfway(), start(2), ended))).toMatchObject({
        content: "",
        metadata: { streaming: false, attempt: 2 },
      });
  });

  test.each([complete({ attempt: 2, cursor: "2-end" }), failure(2)])(
    "whose beginning was missed is asked for, whatever its end ($type)",
    (end) => {
      expect(answerOf(receive(halfway(), end))).toMatchObject({
        content: "Half of the fir",
        metadata: { streaming: true, behind: true, cursor: "1-15" },
      });
    },
  );
});

test("two answers under way are one after the other: the pieces are those of the first", () => {
  const second = { question_id: "question-2", message_id: "answer-2" };
  const both = reduceConversation(receive(accepted(), start(), chunk("A ten", 0)), {
    type: "asked",
    clientMessageId: "cm-2",
    text: "And?",
    at,
  });
  const running = receive(both, processing("cm-2", second), chunk("ant", 5));
  expect(running.messages.map(({ id }) => id)).toEqual([
    "question-1",
    "answer-1",
    "question-2",
    "answer-2",
  ]);
  expect(running.chunks).toEqual(["A ten", "ant"]);
  const next = receive(running, complete(), start(1, "answer-2"), chunk("Yes", 0, 1, "answer-2"));
  expect(next.chunks).toEqual(["Yes"]);
});

describe("refusals", () => {
  test("a question that came too often can be retried later under the same id", () => {
    const refused = receive(asked(), rateLimit(60, { client_message_id: "cm-1" }));
    expect(refused.messages[0]).toMatchObject({
      status: "error",
      metadata: { error: { code: "RATE_LIMIT_EXCEEDED", retryAt: at + 60_000 } },
    });
    const retried = reduceConversation(refused, {
      type: "retried",
      questionId: "cm-1",
      clientMessageId: "cm-1",
      at,
    });
    expect(pendingQuestions(retried)[0]?.metadata).toEqual({ client_message_id: "cm-1" });
  });

  test("an error that names nothing belongs to the one question that waits", () => {
    expect(receive(asked(), refusal("INVALID_REQUEST")).messages[0]?.status).toBe("error");
    expect(receive(accepted(), refusal("INVALID_REQUEST"))).toEqual(accepted());
  });

  test("a chat that is gone is left: the next question begins a new one", () => {
    const later = reduceConversation(receive(accepted(), ...turnOf("Yes.", 4)), {
      type: "asked",
      clientMessageId: "cm-2",
      text: "And?",
      at,
    });
    const refused = receive(
      later,
      refusal("CHAT_NOT_FOUND", { client_message_id: "cm-2", chat_id: "chat-1" }),
    );
    expect(refused.chatId).toBeNull();
    expect(refused.messages.at(-1)?.status).toBe("error");
  });

  test("an answer that can't be resumed ends in an error with its text", () => {
    const running = receive(accepted(), start(), chunk("abc", 0));
    const gone = receive(running, refusal("MESSAGE_NOT_FOUND", { message_id: "answer-1" }));
    expect(answerOf(gone)).toMatchObject({
      content: "abc",
      status: "error",
      metadata: { streaming: false },
    });
  });

  test("an unknown cursor starts the text afresh", () => {
    const running = receive(accepted(), start(), chunk("abc", 0));
    const lost = receive(running, refusal("INVALID_CURSOR", { message_id: "answer-1" }));
    expect(answerOf(lost)?.metadata).not.toHaveProperty("cursor");
    expect(answerOf(receive(lost, ...restOf(text, undefined)))?.content).toBe(text);
  });
});

test("a failed answer is taken away when its question is asked again, in its place", () => {
  const failed = receive(accepted(), start(), chunk("abc", 0), failure());
  const later = reduceConversation(failed, {
    type: "asked",
    clientMessageId: "cm-2",
    text: "Later",
    at,
  });
  const retried = reduceConversation(later, {
    type: "retried",
    questionId: "question-1",
    clientMessageId: "cm-3",
    at,
  });
  const again = receive(
    retried,
    processing("cm-3", { message_id: "answer-3", question_id: "question-3" }),
  );
  expect(again.messages.map(({ id }) => id)).toEqual(["question-3", "answer-3", "cm-2"]);
});

test("the wish to stop a question passes to its answer", () => {
  const stopping = reduceConversation(asked(), { type: "stopping", messageId: "cm-1" });
  expect(answerOf(receive(stopping, processing("cm-1")))?.metadata?.stopping).toBe(true);
});

test("frames of a kind that is not known change nothing", () => {
  const future: ServerFrame = JSON.parse('{"type": "future", "data": {"message": "?"}}');
  const state = accepted();
  expect(receive(state, future)).toBe(state);
});
