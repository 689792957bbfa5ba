import { describe, expect, it } from "vitest";
import { noUsage, type Ending } from "../../../api/core/message.ts";
import { createTurnLog } from "../../../api/core/turns/turn-log.ts";
import { settle } from "../../support/clock.ts";

const turn = { tenantId: "demo", chatId: "chat_1", messageId: "msg_1" };
const stopped: Ending = {
  type: "complete",
  finishReason: "stop",
  usage: noUsage,
  sources: [],
  citations: [],
  model: "m",
  degraded: [],
};
const never = new AbortController().signal;

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = () => (settled = true);
  promise.then(mark, mark);
  await settle();
  return settled;
}

describe("a turn in the log", () => {
  it("is known from its opening to its ending, and not to another tenant", () => {
    const log = createTurnLog();
    const writer = log.open(turn, 1);
    expect(log.find(turn)?.view()).toMatchObject({
      attempt: 1,
      started: false,
      text: "",
      ending: null,
    });
    expect(log.find({ ...turn, tenantId: "other" })).toBeUndefined();
    expect(log.find({ ...turn, messageId: "msg_2" })).toBeUndefined();
    expect(log.size).toBe(1);
    writer.start();
    writer.end(stopped);
    expect(log.find(turn)).toBeUndefined();
    expect(log.size).toBe(0);
  });

  it("stays with those who stand in it, until they have read its ending", () => {
    const log = createTurnLog();
    const writer = log.open(turn, 1);
    const live = log.find(turn);
    writer.start();
    writer.append("Text");
    writer.end(stopped);
    expect(live?.done).toBe(true);
    expect(live?.view()).toMatchObject({ text: "Text", ending: stopped });
  });

  it("never changes once it has ended or was abandoned", () => {
    for (const finish of ["end", "abandon"] as const) {
      const log = createTurnLog();
      const writer = log.open(turn, 1);
      const live = log.find(turn);
      writer.start();
      writer.append("Text");
      if (finish === "end") writer.end(stopped);
      else writer.abandon();
      const before = live?.view();
      writer.append(" and more");
      writer.end({ ...stopped, finishReason: "length" });
      writer.abandon();
      expect(live?.view()).toMatchObject({ text: before?.text, ending: before?.ending });
      expect(live?.done).toBe(true);
    }
  });

  it("wakes all who wait at each change, and those who come too late at once", async () => {
    const log = createTurnLog();
    const writer = log.open(turn, 1);
    const live = log.find(turn);
    if (!live) throw new Error("The turn is not known");
    const changes = [
      () => writer.start(),
      () => writer.append("One"),
      () => writer.append(" two"),
      () => writer.end(stopped),
    ];
    for (const change of changes) {
      const waiting = [live.wait(never), live.wait(never), live.wait(never)];
      expect(await isSettled(Promise.race(waiting))).toBe(false);
      change();
      expect(await isSettled(Promise.all(waiting))).toBe(true);
    }
    expect(await isSettled(live.wait(never))).toBe(true);
  });

  it("wakes no one for an empty piece", async () => {
    const log = createTurnLog();
    const writer = log.open(turn, 1);
    writer.start();
    const waiting = log.find(turn)?.wait(never) ?? Promise.resolve();
    writer.append("");
    expect(await isSettled(waiting)).toBe(false);
  });

  it("wakes who waits when it is abandoned", async () => {
    const log = createTurnLog();
    const writer = log.open(turn, 1);
    const waiting =
      log.find(turn)?.wait(never) ?? Promise.reject(new Error("The turn is not known"));
    writer.abandon();
    expect(await isSettled(waiting)).toBe(true);
    expect(log.find(turn)).toBeUndefined();
  });

  it("gives way to its next attempt, and an old writer doesn't take that one away", () => {
    const log = createTurnLog();
    const old = log.open(turn, 1);
    log.open(turn, 2);
    expect(log.find(turn)?.view().attempt).toBe(2);
    old.end(stopped);
    expect(log.find(turn)?.view().attempt).toBe(2);
    expect(log.size).toBe(1);
  });

  it("releases who waits when its signal aborts, before or while it waits", async () => {
    const log = createTurnLog();
    log.open(turn, 1);
    const live = log.find(turn);
    const controller = new AbortController();
    const waiting = live?.wait(controller.signal) ?? Promise.resolve();
    expect(await isSettled(waiting)).toBe(false);
    controller.abort();
    expect(await isSettled(waiting)).toBe(true);
    expect(await isSettled(live?.wait(controller.signal) ?? Promise.resolve())).toBe(true);
  });
});

describe("waiting for a turn of a chat", () => {
  it("ends when one is opened there, for all who wait, and not elsewhere", async () => {
    const log = createTurnLog();
    const waiting = [
      log.waitForTurn("demo", "chat_1", never),
      log.waitForTurn("demo", "chat_1", never),
    ];
    log.open({ ...turn, chatId: "chat_2", messageId: "msg_2" }, 1);
    log.open({ ...turn, tenantId: "other" }, 1);
    expect(await isSettled(Promise.race(waiting))).toBe(false);
    log.open(turn, 1);
    expect(await isSettled(Promise.all(waiting))).toBe(true);
  });

  it("can begin again in the moment in which it ended", async () => {
    const log = createTurnLog();
    let woken = 0;
    const wait = async (): Promise<void> => {
      await log.waitForTurn("demo", "chat_1", never);
      woken += 1;
      if (woken < 5) await wait();
    };
    const done = [wait(), wait()];
    for (let opened = 0; opened < 6; opened += 1) {
      log.open({ ...turn, messageId: `msg_${opened}` }, 1);
      await settle();
    }
    await Promise.all(done);
    expect(woken).toBe(6);
  });

  it("ends when the signal aborts, and leaves the others waiting", async () => {
    const log = createTurnLog();
    const controller = new AbortController();
    const leaving = log.waitForTurn("demo", "chat_1", controller.signal);
    const staying = log.waitForTurn("demo", "chat_1", never);
    controller.abort();
    expect(await isSettled(leaving)).toBe(true);
    expect(await isSettled(staying)).toBe(false);
    log.open(turn, 1);
    expect(await isSettled(staying)).toBe(true);
  });
});
