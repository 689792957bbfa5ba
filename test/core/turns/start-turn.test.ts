import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Caller } from "../../../api/core/access/caller.ts";
import { AppError } from "../../../api/core/errors.ts";
import { newId } from "../../../api/core/ids.ts";
import {
  startTurn,
  maxMessageLength,
  maxUnfinishedTurns,
  type Question,
} from "../../../api/core/turns/start-turn.ts";
import type { Tenant } from "../../../api/core/tenant.ts";
import { makeChat } from "../../contracts/store-fixtures.ts";
import { settle } from "../../support/clock.ts";
import { drain, makeCaller, openProcess, testTenant } from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";
import { makeTenant, withLimits } from "../../support/tenant.ts";

function open(fields: Partial<Caller> = {}) {
  const answerer = createManualAnswerer();
  const caller = makeCaller(fields);
  const process = openProcess({ answerer, caller });
  /** Everything that is stored, and whether anything was begun. */
  const look = async () => {
    const unfinished = await process.store.listUnfinished(caller.tenant);
    await settle();
    return {
      turns: unfinished.map(({ question }) => question.content),
      asked: answerer.asked.length,
      live: process.log.size,
    };
  };
  return { ...process, answerer, caller, look };
}

const nothing = { turns: [], asked: 0, live: 0 };

describe("a question", () => {
  it("makes a chat for itself, owned by the proven visitor and named after it", async () => {
    const { ask, store, clock } = open({ visitorId: "vis_1" });
    const { question, answer, replayed } = await ask({
      content: "  How do I begin?\nTell me.",
      userId: "label",
    });
    expect(replayed).toBe(false);
    expect(question.content).toBe("  How do I begin?\nTell me.");
    expect(answer.replyTo).toBe(question.id);
    expect(await store.findChat(testTenant, question.chatId)).toMatchObject({
      title: "How do I begin?",
      ownerId: "vis_1",
      userId: "label",
      createdAt: new Date(clock.now()),
    });
  });

  it("is answered in its chat, and its turn begins at once", async () => {
    const { ask, store, answerer, log } = open();
    const chat = makeChat();
    await store.createChat(testTenant, chat);
    const { question } = await ask({ chatId: chat.id, content: "Question", messageType: "note" });
    expect(question).toMatchObject({ chatId: chat.id, messageType: "note" });
    expect(log.size).toBe(1);
    expect((await answerer.nth(0)).request.question).toBe("Question");
  });

  it("is stored without what can't be stored, and unchanged else", async () => {
    const { ask } = open();
    expect((await ask("a\0b\ud83dc")).question.content).toBe("ab\ufffdc");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1 }), async (content) => {
        fc.pre(content.replaceAll("\0", "").trim() !== "");
        expect((await ask(content)).question.content).toBe(content.replaceAll("\0", ""));
      }),
    );
  });

  it("is saved once, however often it is sent", async () => {
    const { ask, answerer, look } = open();
    const question = { content: "Question", clientMessageId: newId("msg") };
    const all = await Promise.all([ask(question), ask(question), ask(question)]);
    expect(all.filter(({ replayed }) => replayed)).toHaveLength(2);
    const again = await ask({ ...question, chatId: all[0].question.chatId });
    expect(again).toMatchObject({ replayed: true, answer: { id: all[0].answer.id } });
    expect(await look()).toEqual({ turns: ["Question"], asked: 1, live: 1 });
    (await answerer.nth(0)).finish();
    await settle();
    expect(await ask(question)).toMatchObject({ replayed: true, answer: { state: "complete" } });
    expect(answerer.asked).toHaveLength(1);
  });

  it("that is sent again is not run again, wherever its turn runs", async () => {
    const { ask, store, answerer } = open();
    const question = { content: "Question", clientMessageId: newId("msg") };
    await ask(question);
    const other = openProcess({ answerer, store, owner: "process-2" });
    expect(await other.ask(question)).toMatchObject({ replayed: true });
    await settle();
    expect(answerer.asked).toHaveLength(1);
    expect(other.log.size).toBe(0);
  });

  it("whose sender didn't hear that it was saved is answered all the same, once", async () => {
    const { start, caller, answerer, clock } = open();
    const turns = {
      ...start.turns,
      async saveTurn(...args: Parameters<typeof start.turns.saveTurn>) {
        await start.turns.saveTurn(...args);
        throw new AppError("SERVICE_UNAVAILABLE", "The connection was cut");
      },
    };
    const question = { content: "Question", clientMessageId: newId("msg") };
    const asked = startTurn({ ...start, turns }, caller, question);
    await expect(asked).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect((await answerer.nth(0)).request.question).toBe("Question");
    expect(await startTurn(start, caller, question)).toMatchObject({ replayed: true });
    await drain(clock);
    expect(answerer.asked).toHaveLength(1);
  });

  it("that another process took over, while it was unknown here whether it was saved, is left to that one", async () => {
    const { start, caller, answerer, clock, store } = open();
    let isCut = true;
    const cut = async <T>(work: Promise<T>): Promise<T> => {
      const result = await work;
      if (isCut) throw new AppError("SERVICE_UNAVAILABLE", "The connection was cut");
      return result;
    };
    const turns = {
      ...start.turns,
      saveTurn: (...args: Parameters<typeof store.saveTurn>) => cut(store.saveTurn(...args)),
      findTurn: (...args: Parameters<typeof store.findTurn>) => cut(store.findTurn(...args)),
    };
    const asked = startTurn({ ...start, turns }, caller, { content: "Question" });
    await expect(asked).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    const [unfinished] = await store.listUnfinished(caller.tenant);
    const id = unfinished?.answer.id ?? "";
    expect(await store.takeOver(caller.tenant, id, 1, "process-2")).toBe(true);
    isCut = false;
    await drain(clock);
    expect(answerer.asked).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("that never reached the store begins nothing", async () => {
    const { start, caller, answerer, clock } = open();
    const turns = {
      ...start.turns,
      saveTurn: async () => {
        throw new AppError("SERVICE_UNAVAILABLE", "No connection");
      },
    };
    await expect(
      startTurn({ ...start, turns }, caller, { content: "Question" }),
    ).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await drain(clock);
    expect(answerer.asked).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("is recognised when it is sent again over another connection", async () => {
    const { ask, store, look, caller } = open();
    const question = { content: "Question", clientMessageId: newId("msg") };
    const { answer } = await ask(question);
    const later = { ...caller, clientId: "client_2", visitorId: "vis_1" };
    const other = openProcess({ answerer: createManualAnswerer(), store, caller: later });
    expect(await other.ask(question)).toMatchObject({ replayed: true, answer: { id: answer.id } });
    expect((await look()).turns).toHaveLength(1);
  });

  it("with a short id of its client is one within its chat, and another one elsewhere", async () => {
    const { ask, store, look } = open();
    const chats = [makeChat(), makeChat()];
    for (const chat of chats) await store.createChat(testTenant, chat);
    for (const { id: chatId } of chats) {
      const question = { chatId, content: "Question", clientMessageId: "1" };
      expect(await ask(question)).toMatchObject({ replayed: false });
      expect(await ask(question)).toMatchObject({ replayed: true });
    }
    expect((await look()).turns).toHaveLength(2);
  });

  it("is never given back to one who may not open its chat", async () => {
    const tenant = makeTenant("demo", { chat_access: "visitor" });
    const { ask, store } = open({ tenant, visitorId: "vis_1" });
    // Long enough to be random, but not random at all.
    const question = { content: "hi", clientMessageId: "message-000000000001" };
    await ask(question);
    for (const visitorId of ["vis_2", undefined]) {
      const stranger = openProcess({
        answerer: createManualAnswerer(),
        store,
        caller: makeCaller({ tenant, visitorId }),
      });
      const [same, other] = await Promise.all(
        ["hi", "ho"].map((content) => readRefusal(stranger.ask({ ...question, content }))),
      );
      expect(same).toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
      expect(other).toEqual(same);
    }
    expect(await ask(question)).toMatchObject({ replayed: true });
  });
});

async function readRefusal(asked: Promise<unknown>): Promise<unknown> {
  const error: unknown = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? { code: error.code, message: error.message } : error;
}

describe("a question that is refused stores nothing and begins nothing:", () => {
  type Refusal = {
    code: string;
    question?: Partial<Question>;
    tenant?: Tenant;
    caller?: Partial<Caller>;
  };
  const refusals: Record<string, Refusal> = {
    "where chat is switched off": {
      code: "FEATURE_DISABLED",
      tenant: makeTenant("demo", { features: { chat: false } }),
    },
    "an empty one": { code: "INVALID_REQUEST", question: { content: "" } },
    "one of nothing but spaces": {
      code: "INVALID_REQUEST",
      question: { content: " \n\t\u00a0\u2003" },
    },
    "one of nothing but NUL": { code: "INVALID_REQUEST", question: { content: "\0\0" } },
    "one that is too long": {
      code: "INVALID_REQUEST",
      question: { content: "x".repeat(maxMessageLength + 1) },
    },
    "a new chat's, with an id that others may use": {
      code: "INVALID_REQUEST",
      question: { clientMessageId: "1" },
    },
    "in a chat that isn't there": { code: "CHAT_NOT_FOUND", question: { chatId: "chat_unknown" } },
    "in a chat that can't be": { code: "CHAT_NOT_FOUND", question: { chatId: "' or 1=1 --" } },
    "beyond the messages of a minute": {
      code: "RATE_LIMIT_EXCEEDED",
      tenant: withLimits(testTenant, { messagesPerMinute: 0 }),
    },
    "beyond the messages of a day": {
      code: "QUOTA_EXCEEDED",
      tenant: withLimits(testTenant, { messagesPerDay: 0 }),
    },
  };
  for (const [what, { code, question, tenant = testTenant, caller }] of Object.entries(refusals)) {
    it(what, async () => {
      const { ask, look, store } = open({ ...caller, tenant, visitorId: "vis_1" });
      await expect(ask({ content: "Question", ...question })).rejects.toMatchObject({ code });
      expect(await look()).toEqual(nothing);
      expect((await store.listChats(tenant, "vis_1", { limit: 100 })).items).toEqual([]);
    });
  }

  it("in another visitor's chat, like in one that isn't there", async () => {
    const tenant = makeTenant("demo", { chat_access: "visitor" });
    const { ask, look, store } = open({ tenant, visitorId: "vis_1" });
    const chat = makeChat({ ownerId: "vis_2" });
    await store.createChat(tenant, chat);
    const errors: unknown[] = [];
    for (const chatId of [chat.id, "chat_unknown"]) {
      await ask({ chatId, content: "Question" }).catch(
        ({ code, message }: Error & { code: string }) => errors.push({ code, message }),
      );
    }
    expect(errors[0]).toMatchObject({ code: "CHAT_NOT_FOUND" });
    expect(errors[1]).toEqual(errors[0]);
    expect(await look()).toEqual(nothing);
  });

  it("in a chat where too many wait already", async () => {
    const { ask, look } = open();
    const { question } = await ask("Question");
    const { chatId } = question;
    for (let count = 1; count < maxUnfinishedTurns; count += 1)
      await ask({ chatId, content: "Question" });
    await expect(ask({ chatId, content: "One more" })).rejects.toMatchObject({ code: "CHAT_BUSY" });
    expect((await look()).turns).toEqual(
      Array.from({ length: maxUnfinishedTurns }, () => "Question"),
    );
  });

  it("under a key that was used for another", async () => {
    const { ask, look } = open();
    const clientMessageId = newId("msg");
    await ask({ content: "Question", clientMessageId });
    const conflict = ask({ content: "Another", clientMessageId });
    await expect(conflict).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
    expect(await look()).toEqual({ turns: ["Question"], asked: 1, live: 1 });
  });

  it("while the server shuts down", async () => {
    const { ask, look, runner } = open();
    await runner.close(0);
    await expect(ask("Question")).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      retryAfter: expect.any(Number),
    });
    expect(await look()).toEqual(nothing);
  });
});

describe("the refusal", () => {
  it("by the minute says when to come back, and is over then", async () => {
    const { ask, clock } = open({ tenant: withLimits(testTenant, { messagesPerMinute: 2 }) });
    await ask("1");
    clock.advance(20_000);
    await ask("2");
    await expect(ask("3")).rejects.toMatchObject({ code: "RATE_LIMIT_EXCEEDED", retryAfter: 40 });
    clock.advance(40_000);
    await expect(ask("3")).resolves.toMatchObject({ replayed: false });
  });

  it("by the day says when to come back, and is over then", async () => {
    const { ask, clock } = open({ tenant: withLimits(testTenant, { messagesPerDay: 1 }) });
    clock.advance(18 * 3_600_000);
    await ask("1");
    await expect(ask("2")).rejects.toMatchObject({ code: "QUOTA_EXCEEDED", retryAfter: 6 * 3600 });
    clock.advance(6 * 3_600_000);
    await expect(ask("2")).resolves.toMatchObject({ replayed: false });
  });

  it("of a bad question costs nothing of the minute", async () => {
    const { ask } = open({ tenant: withLimits(testTenant, { messagesPerMinute: 1 }) });
    await expect(ask("")).rejects.toThrow();
    await expect(ask({ chatId: "chat_unknown", content: "1" })).rejects.toThrow();
    await expect(ask("1")).resolves.toMatchObject({ replayed: false });
  });
});
