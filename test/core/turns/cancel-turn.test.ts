import { describe, expect, it } from "vitest";
import { createMemoryAudit } from "../../../api/adapters/memory/audit.ts";
import { cancelTurn, deleteChat } from "../../../api/core/turns/cancel-turn.ts";
import { readTurn } from "../../../api/core/turns/read-turn.ts";
import { settle } from "../../support/clock.ts";
import { follow, makeCaller, openProcess, refer, testTenant } from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";
import { makeTenant } from "../../support/tenant.ts";

async function open() {
  const answerer = createManualAnswerer();
  const process = openProcess({ answerer });
  const { question, answer } = await process.ask("Question");
  const given = await answerer.nth(0);
  given.say("So far");
  await settle();
  const find = () => process.store.findMessage(testTenant, answer.id);
  const audit = createMemoryAudit();
  const start = { ...process.start, audit };
  return { ...process, start, audit, question, answer, given, find };
}

describe("cancelling", () => {
  it("ends a turn that runs here with its text so far", async () => {
    const { start, answer, find } = await open();
    expect(await cancelTurn(start, makeCaller(), answer.id)).toMatchObject({ id: answer.id });
    await settle();
    expect(await find()).toMatchObject({
      content: "So far",
      ending: { finishReason: "cancelled" },
    });
  });

  it("is remembered for a turn that runs elsewhere", async () => {
    const { store, answer, find } = await open();
    const other = openProcess({ answerer: createManualAnswerer(), store, owner: "process-2" });
    await cancelTurn(other.start, makeCaller(), answer.id);
    await settle();
    expect(await find()).toMatchObject({ ending: null });
    expect(await store.listUnfinished(testTenant)).toMatchObject([{ cancelRequested: true }]);
  });

  it("leaves what has ended as it is, and a question too", async () => {
    const { start, question, answer, given, find } = await open();
    given.finish();
    await settle();
    const before = await find();
    expect(await cancelTurn(start, makeCaller(), answer.id)).toEqual(before);
    expect(await cancelTurn(start, makeCaller(), question.id)).toEqual(question);
    await settle();
    expect(await find()).toEqual(before);
  });

  it("is refused for a message that isn't there or isn't the caller's, alike", async () => {
    const { start, answer, find } = await open();
    const closed = makeTenant("demo", { chat_access: "visitor" });
    const strangers = [
      makeCaller({ tenant: makeTenant("other") }),
      makeCaller({ tenant: closed, visitorId: "vis_2" }),
    ];
    for (const caller of strangers) {
      await expect(cancelTurn(start, caller, answer.id)).rejects.toMatchObject({
        code: "MESSAGE_NOT_FOUND",
      });
    }
    for (const id of ["msg_unknown", "", "' or 1=1 --"]) {
      await expect(cancelTurn(start, makeCaller(), id)).rejects.toMatchObject({
        code: "MESSAGE_NOT_FOUND",
      });
    }
    await settle();
    expect(await find()).toMatchObject({ ending: null });
  });
});

describe("deleting a chat", () => {
  it("stops what is under way in it, and tells its readers that it is gone", async () => {
    const { start, reader, answer, given, store, log } = await open();
    const following = follow(
      readTurn(reader, testTenant, refer(answer), undefined, new AbortController().signal),
    );
    await settle();
    await deleteChat(start, makeCaller(), answer.chatId);
    await expect(following.done).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
    expect(given.signal.aborted).toBe(true);
    expect(await store.findChat(testTenant, answer.chatId)).toBeUndefined();
    expect(log.size).toBe(0);
  });

  it("is refused for a chat that isn't there or isn't the caller's, alike, and stops nothing then", async () => {
    const { start, answer, given, store } = await open();
    const other = makeCaller({ tenant: makeTenant("other") });
    const closed = makeCaller({
      tenant: makeTenant("demo", { chat_access: "visitor" }),
      visitorId: "vis_2",
    });
    for (const [caller, id] of [
      [other, answer.chatId],
      [closed, answer.chatId],
      [makeCaller(), "chat_unknown"],
    ] as const) {
      await expect(deleteChat(start, caller, id)).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    }
    expect(given.signal.aborted).toBe(false);
    expect(await store.findChat(testTenant, answer.chatId)).toBeDefined();
  });

  it("leaves an audit entry where an admin does it who is no user, before it is done", async () => {
    const read = async ({ audit }: Awaited<ReturnType<typeof open>>) =>
      (await audit.list(testTenant.id, { limit: 10 })).items;
    const platform = makeCaller({ admin: "platform" });
    const chat = await open();
    const { answer } = chat;
    await expect(deleteChat(chat.start, platform, "chat_unknown")).rejects.toThrow();
    const away = { add: async () => Promise.reject(new Error("The log is away")) };
    const failed = deleteChat({ ...chat.start, audit: away }, platform, answer.chatId);
    await expect(failed).rejects.toThrow("The log is away");
    expect(await chat.store.findChat(testTenant, answer.chatId)).toBeDefined();
    expect(await read(chat)).toEqual([]);
    await deleteChat(chat.start, platform, answer.chatId);
    expect(await read(chat)).toMatchObject([
      { action: "chat.delete", target: answer.chatId, actor: { kind: "platform" }, details: {} },
    ]);
    const own = await open();
    await deleteChat(own.start, makeCaller(), own.answer.chatId);
    expect(await read(own)).toEqual([]);
  });
});
