import { describe, expect, it } from "vitest";
import { createWake } from "../../../api/core/turns/wake.ts";
import { checkpointLength } from "../../../api/core/turns/transcript.ts";
import { settle } from "../../support/clock.ts";
import { drain } from "../../support/core.ts";
import { openTurns } from "../../support/turn-process.ts";

/** A turn whose checkpoints take until the test lets one through. */
async function openSlow() {
  const gate = createWake();
  const never = new AbortController().signal;
  const calls: string[] = [];
  const process = openTurns((store) => ({
    async checkpoint(tenant, messageId, attempt, text) {
      calls.push(`checkpoint ${text.length}`);
      await gate.wait(never);
      return store.checkpoint(tenant, messageId, attempt, text);
    },
    async finishTurn(tenant, messageId, attempt, finish) {
      calls.push(`ending ${finish.text.length}`);
      return store.finishTurn(tenant, messageId, attempt, finish);
    },
  }));
  const { answer } = await process.ask("Question");
  const given = await process.answerer.nth(0);
  const say = async (length: number) => {
    given.say("x".repeat(length));
    await settle();
    process.clock.advance(100);
    await settle();
  };
  const release = async () => {
    gate.notify();
    await settle();
  };
  return { ...process, answer, given, say, calls, release };
}

describe("a checkpoint that is slow", () => {
  it("is one at a time, so that none overtakes another", async () => {
    const { say, calls, release, find, answer } = await openSlow();
    for (let count = 0; count < 5; count += 1) await say(checkpointLength);
    expect(calls).toEqual([`checkpoint ${checkpointLength}`]);
    await release();
    await say(1);
    expect(calls).toEqual([
      `checkpoint ${checkpointLength}`,
      `checkpoint ${5 * checkpointLength + 1}`,
    ]);
    await release();
    expect((await find(answer)).content).toHaveLength(5 * checkpointLength + 1);
  });

  it("is waited for by the ending, so that it can't come after it", async () => {
    const { say, given, calls, release, find, answer, clock } = await openSlow();
    await say(checkpointLength);
    given.finish();
    await drain(clock, 5);
    expect(calls).toEqual([`checkpoint ${checkpointLength}`]);
    await release();
    expect(calls).toEqual([`checkpoint ${checkpointLength}`, `ending ${checkpointLength}`]);
    expect(await find(answer)).toMatchObject({ state: "complete" });
  });

  it("is followed by one of the rest, when the process shuts down meanwhile", async () => {
    const { say, calls, release, find, answer, runner, clock } = await openSlow();
    await say(checkpointLength);
    await say(10);
    const closed = runner.close(0);
    clock.advance(0);
    await settle();
    await release();
    await release();
    await closed;
    expect(calls).toEqual([
      `checkpoint ${checkpointLength}`,
      `checkpoint ${checkpointLength + 10}`,
    ]);
    expect((await find(answer)).content).toHaveLength(checkpointLength + 10);
  });
});
