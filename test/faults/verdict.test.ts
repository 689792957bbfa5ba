import { expect, test } from "vitest";
import { drawConversation } from "./conversation-plan.ts";
import type { Conversation } from "./conversation.ts";
import { writeQuestion } from "./model.ts";
import type { Reader } from "./reader.ts";
import type { StoredTurn } from "./stored-turns.ts";
import { createTurnRecord, type TurnRecord } from "./turn-record.ts";
import { judge } from "./verdict.ts";

const answerId = "msg_answer";
const chatId = "chat";
const said = "What the model said";

const stored: StoredTurn = {
  questionId: "msg_question",
  question: writeQuestion("0.0"),
  chatId,
  answerId,
  seq: 2,
  state: "complete",
  attempt: 1,
  content: said,
  finishReason: "stop",
  errorCode: null,
  errorMessage: null,
  totalTokens: 7,
  degraded: [],
  endedAt: new Date(1000),
  endings: 1,
};

function readAll(text = said, totalTokens = 7, finishReason = "stop"): TurnRecord {
  const record = createTurnRecord();
  const place = (rank: number | string) => {
    return { messageId: answerId, attempt: 1, cursor: `1-${rank}` };
  };
  record.take({ type: "start", ...place(0) });
  record.take({ type: "chunk", ...place(text.length), offset: 0, content: text });
  const ending = { finishReason, errorCode: null, totalTokens };
  record.take({ type: "end", ...place("end"), ending });
  return record;
}

/** What is found when these rows are stored and a reader has this. */
function findings(rows: readonly StoredTurn[], record = readAll(), lastText = ""): string[] {
  const reader: Pick<Reader, "name" | "records"> = {
    name: "reader",
    records: new Map([[answerId, record]]),
  };
  const [plan] = drawConversation(1, 0, 1).turns;
  if (!plan) throw new Error("A conversation has turns");
  const turn = { plan, tenantId: "tenant", accepted: { chatId, messageId: answerId } };
  const conversations = [{ turns: [turn], readers: [reader as Reader] } satisfies Conversation];
  const model = { textsOf: () => ["Another attempt", said] };
  const watch = { lastText: () => lastText };
  return judge({ conversations, stored: rows, model, watch }).map(({ kind }) => kind);
}

test("a turn that was read as it is stored is without fault", () => {
  expect(findings([stored])).toEqual([]);
});

test("whatever differs from what is stored is found", () => {
  const unequal = ["unequal to the stored"];
  expect(findings([stored], readAll("What the model sait"))).toEqual(unequal);
  expect(findings([stored], readAll(said, 8))).toEqual(unequal);
  expect(findings([stored], readAll(said, 7, "length"))).toEqual(unequal);
  expect(findings([{ ...stored, attempt: 2 }])).toEqual(unequal);
  expect(findings([{ ...stored, answerId: "msg_other" }])).toEqual(unequal);
  expect(findings([{ ...stored, endings: 0 }])).toEqual(unequal);
});

test("what the model never said is found, and a mixture of two attempts too", () => {
  const mixture = "Another attempt the model said";
  const wrong = findings([{ ...stored, content: mixture }], readAll(mixture));
  expect(wrong).toEqual(["unequal to the stored"]);
});

test("a turn that is missing, doubled, open or ended twice is found", () => {
  expect(findings([])).toEqual(["lost"]);
  expect(findings([stored, stored])).toEqual(["duplicated"]);
  expect(findings([stored, { ...stored, question: "Who asked?" }])).toEqual(["duplicated"]);
  expect(findings([{ ...stored, state: "streaming" }])).toEqual(["hung"]);
  expect(findings([{ ...stored, endings: 2 }])).toEqual(["second endings"]);
});

test("a checkpoint that was lost at a takeover is found", () => {
  const interrupted: StoredTurn = {
    ...stored,
    state: "error",
    content: "What the",
    finishReason: null,
    errorCode: "PROCESSING_ERROR",
    errorMessage: "The answer was interrupted",
  };
  const unread = createTurnRecord();
  expect(findings([interrupted], unread, "What")).toEqual([]);
  expect(findings([interrupted], unread, "What the model")).toEqual(["lost"]);
});

test("turns of one chat that overtake each other are found", () => {
  const later = { ...stored, answerId: "msg_later", seq: 4, endedAt: new Date(900) };
  expect(findings([stored, { ...later, question: "Another" }])).toContain("reordered");
});
