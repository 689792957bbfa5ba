import { expect, test } from "vitest";
import type { Asker, Credential } from "./credential.ts";
import type { Answer, Exchange } from "./doors/answer.ts";
import { makeTwin } from "./filling/random-id.ts";
import { createMarks, type Marks } from "./marks.ts";
import { createTally } from "./tally.ts";
import { judge, type Judged } from "./trial/judge.ts";

const victimId = "attack-0000000v-v";
const chat = "chat_0123456789abcdefghjkmnpqrs";
const twin = makeTwin(chat);

const stranger: Credential = {
  name: "the attacker's server key",
  kind: "server key",
  tenantId: "attack-0000000v-a",
  secret: "sk_1",
};
const asker: Asker = {
  credential: stranger,
  tenantId: victimId,
  placement: "bearer",
  origin: undefined,
};

function exchange(outcome: Answer["outcome"], body: object, sent: string, status = 404): Exchange {
  const shape = { status, body };
  return { answer: { outcome, code: String(status), text: JSON.stringify(shape), shape }, sent };
}

/** What is found in an answer to the stranger, whose text may hold what the victim's marks are. */
function findIn(judged: Partial<Judged> | ((marks: Marks) => Partial<Judged>)) {
  const [marks, tally] = [createMarks(victimId), createTally()];
  judge({ marks, tally, victimId }, "GET /chat/{chat_id}", {
    asker,
    expectation: "refused",
    real: exchange("refused", { error: "CHAT_NOT_FOUND" }, chat),
    twin: exchange("refused", { error: "CHAT_NOT_FOUND" }, twin),
    things: { chat },
    twins: { chat: twin },
    ...(typeof judged === "function" ? judged(marks) : judged),
  });
  return tally.findings.map(({ kind }) => kind);
}

test("a refusal that tells nothing is no finding, though it says back the ids that were sent", () => {
  const about = (id: string) => exchange("refused", { error: `There is no ${id}` }, id);
  expect(findIn({})).toEqual([]);
  expect(findIn({ real: about(chat), twin: about(twin) })).toEqual([]);
});

test("what was done and should have been refused is one", () => {
  const done = { real: exchange("done", {}, chat, 200), twin: undefined };
  expect(findIn(done)).toEqual(["allowed"]);
  expect(findIn({ ...done, expectation: "own" })).toEqual([]);
});

test("what the asker's own edits changed between the two answers is none", () => {
  const edited = (count: number, key: string) =>
    exchange("done", { variants: { index: count, count }, client_message_id: key }, key, 200);
  const [real, other] = [edited(2, "an earlier edit's"), edited(3, "this edit's")];
  expect(findIn({ expectation: "own", real, twin: other })).toEqual([]);
});

test("a refusal that tells what is there from what isn't is one", () => {
  const forbidden = exchange("refused", { error: "FORBIDDEN" }, chat, 403);
  expect(findIn({ real: forbidden })).toEqual(["difference"]);
  const longer = exchange("refused", { error: "CHAT_NOT_FOUND", hint: 1 }, chat);
  expect(findIn({ real: longer })).toEqual(["difference"]);
});

test("marks and ids of the victim are leaks where they weren't sent", () => {
  const answering = (error: string) => ({
    real: exchange("refused", { error }, chat),
    twin: undefined,
  });
  const messageId = `msg_${"0".repeat(26)}`;
  const ofVisitor = (marks: Marks) => marks.learn(messageId, "the victim's visitor");
  expect(findIn((marks) => answering(marks.mark("owner")))).toEqual(["leak"]);
  expect(
    findIn((marks) => {
      ofVisitor(marks);
      return answering(messageId);
    }),
  ).toEqual(["leak"]);
  expect(findIn(answering(messageId))).toEqual([]);
  expect(findIn(answering(`of ${victimId}`))).toEqual(["leak"]);
});

test("a text that all of the victim's tenant may see is a leak to a stranger alone", () => {
  const colleague = { ...stranger, name: "the victim's other user", tenantId: victimId };
  const done = (text: string) => ({
    expectation: "own" as const,
    real: exchange("done", { text }, chat, 200),
    twin: undefined,
  });
  const own = { asker: { ...asker, credential: colleague } };
  expect(findIn((marks) => done(marks.mark("tenant")))).toEqual(["leak"]);
  expect(findIn((marks) => ({ ...own, ...done(marks.mark("tenant")) }))).toEqual([]);
  expect(findIn((marks) => ({ ...own, ...done(marks.mark("owner")) }))).toEqual(["leak"]);
});

test("a failure of ours is no refusal, and a limit says nothing", () => {
  const broken = exchange("broken", {}, chat, 500);
  expect(findIn({ real: broken, twin: undefined })).toEqual(["failure"]);
  const limited = exchange("limited", {}, chat, 429);
  expect(findIn({ real: limited })).toEqual([]);
});
