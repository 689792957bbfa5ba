import { describe, expect, it } from "vitest";
import { newId } from "../../api/core/ids.ts";
import type { Message } from "../../api/core/message.ts";
import type { NewTurn, SavedTurn } from "../../api/core/turns/turn-store.ts";
import { withLimits } from "../support/tenant.ts";
import {
  findUnfinished,
  makeFinish,
  makeTurn,
  nextDay,
  readMessages,
  saveNew,
  sortOut,
  times,
  type OpenStore,
  type StoreHarness,
} from "./store-fixtures.ts";

/** Another answer to the question of that answer. */
export function makeRegeneration(answer: Message, fields: Partial<NewTurn> = {}): NewTurn {
  const questionId = answer.replyTo ?? "";
  const fork = { kind: "answer", besideId: answer.id, parentId: questionId } as const;
  return makeTurn(answer.chatId, { questionId, fork, ...fields });
}

/** Another question in place of that one. */
export function makeEdit(question: Message, fields: Partial<NewTurn> = {}): NewTurn {
  const { id: besideId, chatId, parentId } = question;
  return makeTurn(chatId, { fork: { kind: "question", besideId, parentId }, ...fields });
}

/** Saves a turn of the chat and ends it. */
export async function saveEnded(
  { store, tenant }: StoreHarness,
  turn: NewTurn,
): Promise<SavedTurn> {
  const saved = await store.saveTurn(tenant, turn);
  await store.finishTurn(tenant, saved.answer.id, 1, makeFinish(`To ${turn.content}`));
  return saved;
}

const idsOf = (messages: readonly Message[]) => messages.map(({ id }) => id);

export function branchContract(open: OpenStore): void {
  const readIds = async (chatId: string) => idsOf(await readMessages(open(), chatId));
  const find = (id: string) => open().store.findMessage(open().tenant, id);

  /** A chat of three ended turns. */
  async function saveThree() {
    const first = await saveNew(open(), { content: "First" });
    const { chatId } = first.question;
    await open().store.finishTurn(open().tenant, first.answer.id, 1, makeFinish("To First"));
    const second = await saveEnded(open(), makeTurn(chatId, { content: "Second" }));
    const third = await saveEnded(open(), makeTurn(chatId, { content: "Third" }));
    const ids = [first, second, third].flatMap((turn) => [turn.question.id, turn.answer.id]);
    return { chatId, first, second, third, ids };
  }

  describe("the branches of a chat", () => {
    it("begin with a question that follows nothing; each further message follows the one before", async () => {
      const { chatId, ids } = await saveThree();
      const messages = await readMessages(open(), chatId);
      expect(messages.map(({ parentId }) => parentId)).toEqual([null, ...ids.slice(0, -1)]);
      expect(messages.every(({ chosen }) => chosen)).toBe(true);
      const variants = await open().store.findVariants(open().tenant, ids);
      const alone = { index: 1, count: 1, previousId: null, nextId: null };
      expect([...variants.values()]).toEqual(ids.map(() => alone));
    });

    it("have another answer to the same question, which is shown in place of the first and all behind it", async () => {
      const { store, tenant } = open();
      const { chatId, second, ids } = await saveThree();
      const turn = makeRegeneration(second.answer, { owner: "process-2" });
      const saved = await store.saveTurn(tenant, turn);
      expect(saved).toMatchObject({
        replayed: false,
        question: { id: second.question.id, content: "Second", chosen: true },
        answer: {
          id: turn.answerId,
          role: "assistant",
          state: "queued",
          content: "",
          attempt: 1,
          replyTo: second.question.id,
          parentId: second.question.id,
          chosen: true,
          ending: null,
        },
      });
      expect(await readIds(chatId)).toEqual([...ids.slice(0, 3), turn.answerId]);
      expect(idsOf(await readMessages(open(), chatId, "all"))).toEqual([...ids, turn.answerId]);
      expect(await find(second.answer.id)).toMatchObject({
        content: "To Second",
        chosen: false,
      });
      expect(await store.findTurn(tenant, turn.answerId)).toEqual({
        question: saved.question,
        answer: saved.answer,
      });
      expect(await store.findTurn(tenant, second.answer.id)).toMatchObject({
        answer: { id: second.answer.id },
      });
    });

    it("have another question, which is shown in place of the first and all behind it", async () => {
      const { store, tenant } = open();
      const { chatId, second, ids } = await saveThree();
      const turn = makeEdit(second.question, { content: "Another", messageType: "note" });
      const { question, answer } = await store.saveTurn(tenant, turn);
      expect(question).toMatchObject({
        id: turn.questionId,
        content: "Another",
        messageType: "note",
        parentId: second.question.parentId,
        replyTo: null,
      });
      expect(answer).toMatchObject({ id: turn.answerId, replyTo: turn.questionId });
      expect(await readIds(chatId)).toEqual([...ids.slice(0, 2), turn.questionId, turn.answerId]);
      expect((await find(second.question.id))?.content).toBe("Second");
    });

    it("begin anew where the first question is edited", async () => {
      const { store, tenant } = open();
      const { chatId, first, ids } = await saveThree();
      const turn = makeEdit(first.question, { content: "Begin anew" });
      const { question } = await store.saveTurn(tenant, turn);
      expect(question.parentId).toBeNull();
      expect(await readIds(chatId)).toEqual([turn.questionId, turn.answerId]);
      const variants = await store.findVariants(tenant, [first.question.id, turn.questionId]);
      expect(variants.get(first.question.id)).toEqual({
        index: 1,
        count: 2,
        previousId: null,
        nextId: turn.questionId,
      });
      expect(variants.get(turn.questionId)).toEqual({
        index: 2,
        count: 2,
        previousId: first.question.id,
        nextId: null,
      });
      expect(await store.chooseBranch(tenant, first.question.id)).toEqual({
        chatId,
        forkId: null,
        changed: true,
      });
      expect(await readIds(chatId)).toEqual(ids);
    });

    it("are chosen with what was asked last below, at each step", async () => {
      const { store, tenant } = open();
      const { chatId, first, second, third, ids } = await saveThree();
      const again = await saveEnded(open(), makeRegeneration(second.answer));
      const behind = await saveEnded(open(), makeTurn(chatId, { content: "Behind" }));
      const chosen = await store.chooseBranch(tenant, third.question.id);
      expect(chosen).toEqual({ chatId, forkId: second.question.id, changed: true });
      expect(await readIds(chatId)).toEqual(ids);
      await store.chooseBranch(tenant, again.answer.id);
      const other = [...ids.slice(0, 3), again.answer.id, behind.question.id, behind.answer.id];
      expect(await readIds(chatId)).toEqual(other);
      expect(await store.chooseBranch(tenant, first.answer.id)).toMatchObject({ changed: false });
      expect(await readIds(chatId)).toEqual(other);
      expect(await store.chooseBranch(tenant, newId("msg"))).toBeUndefined();
    });

    it("go on, from an answer of a branch that isn't shown, in that branch", async () => {
      const { store, tenant } = open();
      const { chatId, first, third, ids } = await saveThree();
      await saveEnded(open(), makeEdit(first.question, { content: "Begin anew" }));
      const turn = makeRegeneration(third.answer);
      await saveEnded(open(), turn);
      expect(await readIds(chatId)).toEqual([...ids.slice(0, 5), turn.answerId]);
      const last = await store.saveTurn(tenant, makeTurn(chatId));
      expect(last.question.parentId).toBe(turn.answerId);
      const edit = makeEdit(third.question);
      await store.saveTurn(tenant, edit);
      expect(await readIds(chatId)).toEqual([...ids.slice(0, 4), edit.questionId, edit.answerId]);
    });

    it("are each other's strangers for the model: a question's history is its own branch", async () => {
      const { store, tenant } = open();
      const { first, second, third } = await saveThree();
      const edited = await saveEnded(open(), makeEdit(second.question, { content: "Edited" }));
      const texts = async ({ question }: SavedTurn) =>
        (await store.listHistory(tenant, question, 20)).map(({ content }) => content);
      expect(await texts(edited)).toEqual(["First", "To First"]);
      expect(await texts(third)).toEqual(["First", "To First", "Second", "To Second"]);
      expect(await texts(first)).toEqual([]);
      const again = await saveEnded(open(), makeRegeneration(third.answer));
      expect(await texts(again)).toEqual(await texts(third));
    });

    it("are read behind a message, page after page", async () => {
      const { store, tenant } = open();
      const { chatId, first, ids } = await saveThree();
      const page = await store.listMessagesBehind(tenant, chatId, first.answer.id, 3);
      expect(idsOf(page.items)).toEqual(ids.slice(2, 5));
      const after = page.next ?? "";
      const rest = await store.listMessages(tenant, chatId, { limit: 3, after });
      expect(idsOf(rest.items)).toEqual(ids.slice(5));
      expect(rest.next).toBeNull();
      const all = await store.listMessagesBehind(tenant, chatId, null, 100);
      expect(idsOf(all.items)).toEqual(ids);
      const other = await saveNew(open());
      const stranger = await store.listMessagesBehind(tenant, chatId, other.question.id, 3);
      expect(stranger.items).toEqual([]);
    });

    it("are not mixed by a page that goes on behind a message which is no longer shown", async () => {
      const { store, tenant } = open();
      const { chatId, first, ids } = await saveThree();
      const edited = await saveEnded(open(), makeEdit(first.question, { content: "Begin anew" }));
      const { cursors } = await store.listMessages(tenant, chatId, { limit: 1 });
      const after = cursors.at(-1) ?? "";
      const rest = await store.listMessages(tenant, chatId, { limit: 9, after });
      expect(idsOf(rest.items)).toEqual([edited.answer.id]);
      await store.chooseBranch(tenant, first.question.id);
      await expect(store.listMessages(tenant, chatId, { limit: 9, after })).rejects.toMatchObject({
        code: "INVALID_CURSOR",
        message: "The history is another now: read it from the beginning",
      });
      const all = await store.listMessages(tenant, chatId, { limit: 9, after }, "all");
      expect(idsOf(all.items)).toEqual([edited.answer.id]);
      expect(await readIds(chatId)).toEqual(ids);
    });

    it("are shown with their places on the first pages of chats, too", async () => {
      const { store, tenant } = open();
      const { chatId, first } = await saveThree();
      const { answer } = await saveEnded(open(), makeRegeneration(first.answer));
      const pages = await store.listFirstMessages(tenant, [chatId], 10);
      const { items } = await store.listMessages(tenant, chatId, { limit: 10 });
      expect(pages.get(chatId)?.items).toEqual(items);
      expect(items.map(({ id, variants: { index, count } }) => [id, index, count])).toEqual([
        [first.question.id, 1, 1],
        [answer.id, 2, 2],
      ]);
    });

    it("come from many edits and answers at once: each is kept, and one of them is shown whole", async () => {
      const { store, tenant } = open();
      const { chatId, second, ids } = await saveThree();
      const edits = times(6, (n) => makeEdit(second.question, { content: `Edit ${n}` }));
      const answers = times(6, () => makeRegeneration(second.answer));
      const choices = times(6, (n) => store.chooseBranch(tenant, ids[n] ?? ""));
      await Promise.all([
        ...[...edits, ...answers].map((turn) => store.saveTurn(tenant, turn)),
        ...choices,
      ]);
      const all = await readMessages(open(), chatId, "all");
      expect(all).toHaveLength(ids.length + 6 * 2 + 6);
      expectWay(await readMessages(open(), chatId), all);
      const places = await store.findVariants(tenant, idsOf(all));
      expect(places.get(second.question.id)).toMatchObject({ index: 1, count: 7 });
      expect(places.get(second.answer.id)).toMatchObject({ index: 1, count: 7 });
    });

    it("have turns that count, wait and are taken over as others", async () => {
      const { store, tenant } = open();
      const now = nextDay();
      const limited = withLimits(tenant, { messagesPerDay: 2 });
      const { first, ids, chatId } = await saveThree();
      const again = makeRegeneration(first.answer, { now, maxUnfinished: 2 });
      const edit = makeEdit(first.question, { now, maxUnfinished: 2 });
      await store.saveTurn(limited, again);
      await store.saveTurn(limited, edit);
      const shown = await readIds(chatId);
      await expect(
        store.saveTurn(limited, makeEdit(first.question, { now })),
      ).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
      const busy = makeRegeneration(first.answer, { maxUnfinished: 2 });
      await expect(store.saveTurn(tenant, busy)).rejects.toMatchObject({ code: "CHAT_BUSY" });
      expect(await readIds(chatId)).toEqual(shown);
      expect(await readMessages(open(), chatId, "all")).toHaveLength(ids.length + 3);

      expect(await store.startAttempt(tenant, edit.answerId, 1)).toEqual({
        behind: again.answerId,
      });
      expect(await store.takeOver(tenant, again.answerId, 1, "process-2")).toBe(true);
      expect(await findUnfinished(open(), again.answerId)).toMatchObject({
        question: { id: first.question.id },
        answer: { attempt: 2, chosen: false },
        owner: "process-2",
      });
      expect(await store.startAttempt(tenant, again.answerId, 2)).toBe("started");
      expect(await store.finishTurn(tenant, again.answerId, 2, makeFinish("Again"))).toBe(true);
      expect(await store.startAttempt(tenant, edit.answerId, 1)).toBe("started");
    });

    it("are refused in a chat that is gone, and go with their chat", async () => {
      const { store, tenant } = open();
      const { chatId, first } = await saveThree();
      const edit = await store.saveTurn(tenant, makeEdit(first.question));
      expect(await store.deleteChat(tenant, chatId)).toBe(true);
      expect(await readMessages(open(), chatId, "all")).toEqual([]);
      for (const id of [edit.answer.id, first.answer.id]) expect(await find(id)).toBeUndefined();
      for (const turn of [makeEdit(first.question), makeRegeneration(first.answer)])
        await expect(store.saveTurn(tenant, turn)).rejects.toMatchObject({
          code: "CHAT_NOT_FOUND",
        });
    });
  });

  describe("a branch with an idempotency pair", () => {
    const makePair = () => ({ scope: newId("client"), key: newId("msg") });

    it("is made once, however often and however much at once it is sent", async () => {
      const { store, tenant } = open();
      const { chatId, second } = await saveThree();
      for (const make of [
        (pair: NewTurn["idempotency"]) => makeRegeneration(second.answer, { idempotency: pair }),
        (pair: NewTurn["idempotency"]) => makeEdit(second.question, { idempotency: pair }),
      ]) {
        const pair = makePair();
        const before = (await readMessages(open(), chatId, "all")).length;
        const saved = await Promise.all(times(8, () => store.saveTurn(tenant, make(pair))));
        expect(saved.filter(({ replayed }) => !replayed)).toHaveLength(1);
        expect(new Set(saved.map(({ answer }) => answer.id)).size).toBe(1);
        const more = saved[0]?.question.id === second.question.id ? 1 : 2;
        expect(await readMessages(open(), chatId, "all")).toHaveLength(before + more);
        await saveEnded(open(), makeEdit(second.question));
        const late = await store.saveTurn(tenant, make(pair));
        expect(late).toMatchObject({ replayed: true, answer: { id: saved[0]?.answer.id } });
      }
    });

    it("leaves the turn of its question to those who send that again", async () => {
      const { store, tenant } = open();
      const pair = makePair();
      const first = await saveNew(open(), { idempotency: pair });
      await store.finishTurn(tenant, first.answer.id, 1, makeFinish("Answer"));
      await store.saveTurn(tenant, makeRegeneration(first.answer));
      const again = await saveNew(open(), { idempotency: pair });
      expect(again).toMatchObject({ replayed: true, answer: { id: first.answer.id } });
    });

    it("is refused where the pair is that of something else", async () => {
      const { store, tenant } = open();
      const { chatId, first, second } = await saveThree();
      const pair = makePair();
      const idempotency = pair;
      await saveEnded(open(), makeRegeneration(second.answer, { idempotency }));
      const edit = { ...makeEdit(second.question, { content: "Edit" }), idempotency: makePair() };
      await saveEnded(open(), edit);
      const sent = makeTurn(chatId, { content: "Sent", idempotency: makePair() });
      const { question, answer } = await saveEnded(open(), sent);
      const before = (await readMessages(open(), chatId, "all")).length;
      const others = [
        makeRegeneration(first.answer, { idempotency }),
        makeEdit(second.question, { idempotency }),
        makeTurn(chatId, { idempotency, content: second.question.content }),
        makeEdit(second.question, { idempotency: edit.idempotency, content: "Else" }),
        makeEdit(first.question, { idempotency: edit.idempotency, content: "Edit" }),
        makeRegeneration(second.answer, { idempotency: edit.idempotency }),
        makeEdit(question, { idempotency: sent.idempotency, content: "Sent" }),
        makeRegeneration(answer, { idempotency: sent.idempotency }),
      ];
      const { values, codes } = await sortOut(others.map((turn) => store.saveTurn(tenant, turn)));
      expect(values).toEqual([]);
      expect(codes).toEqual(others.map(() => "IDEMPOTENCY_CONFLICT"));
      expect(await readMessages(open(), chatId, "all")).toHaveLength(before);
    });
  });
}

/** That a history is one way down, from the start to something that nothing follows. */
function expectWay(history: readonly Message[], all: readonly Message[]): void {
  expect(history.map(({ parentId }) => parentId)).toEqual([null, ...idsOf(history).slice(0, -1)]);
  const last = history.at(-1)?.id;
  expect(all.filter(({ parentId }) => parentId === last)).toEqual([]);
}
