import type { Tenant } from "../tenant.ts";
import type { TurnFinish } from "./turn-store.ts";
import { runTurn, type RunDeps } from "./run-turn.ts";
import type { TurnJob } from "./turn.ts";
import type { TurnRef } from "./turn-event.ts";
import type { TurnLog } from "./turn-log.ts";

/** Runs the turns that belong to this process; those of one chat one after another. */
export interface TurnRunner {
  enqueue(job: TurnJob): void;
  /** Whether the turn runs or waits in this process. */
  has(turn: TurnRef): boolean;
  /** False when the turn is not under way in this process. */
  cancel(turn: TurnRef): boolean;
  /** Cancels what is under way in a chat. */
  cancelChat(tenant: Tenant, chatId: string): void;
  /** True once it takes no new turn. */
  readonly isClosing: boolean;
  /** Lets running turns finish for `graceMs`, then stops them without an ending. */
  close(graceMs: number): Promise<void>;
}

export interface RunnerDeps extends RunDeps {
  readonly log: TurnLog;
  /** Told of each turn that ended here, after its ending was stored. */
  readonly onEnd: (job: TurnJob, finish: TurnFinish) => void;
}

export function createTurnRunner(deps: RunnerDeps): TurnRunner {
  const shutdown = new AbortController();
  let isClosing = false;
  const cancels = new Map<string, { chat: string; cancel: AbortController }>();
  /** The last turn of each chat that has any. */
  const tails = new Map<string, Promise<void>>();
  const chatKey = (tenantId: string, chatId: string) => `${tenantId}/${chatId}`;
  const turnKey = (tenantId: string, messageId: string) => `${tenantId}/${messageId}`;

  async function run(job: TurnJob, before: Promise<void> | undefined): Promise<void> {
    const { tenant, answer } = job;
    const key = turnKey(tenant.id, answer.id);
    const cancel = new AbortController();
    cancels.set(key, { chat: chatKey(tenant.id, answer.chatId), cancel });
    const turn: TurnRef = { tenantId: tenant.id, chatId: answer.chatId, messageId: answer.id };
    const writer = deps.log.open(turn, answer.attempt);
    try {
      await before;
      if (shutdown.signal.aborted) return writer.abandon();
      const finish = await runTurn(deps, job, writer, {
        cancel: cancel.signal,
        shutdown: shutdown.signal,
      });
      if (finish) deps.onEnd(job, finish);
    } catch (error) {
      deps.logger.error(
        { err: error, tenant_id: tenant.id, message_id: answer.id },
        "A turn broke off",
      );
    } finally {
      cancels.delete(key);
    }
  }

  return {
    enqueue(job) {
      const key = chatKey(job.tenant.id, job.answer.chatId);
      const tail = run(job, tails.get(key)).finally(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      tails.set(key, tail);
    },
    has: (turn) => cancels.has(turnKey(turn.tenantId, turn.messageId)),
    cancel(turn) {
      const entry = cancels.get(turnKey(turn.tenantId, turn.messageId));
      entry?.cancel.abort();
      return entry !== undefined;
    },
    cancelChat(tenant, chatId) {
      const chat = chatKey(tenant.id, chatId);
      for (const entry of cancels.values()) if (entry.chat === chat) entry.cancel.abort();
    },
    get isClosing() {
      return isClosing;
    },
    async close(graceMs) {
      isClosing = true;
      const stop = () => shutdown.abort();
      const cancelTimer = deps.clock.after(graceMs, stop);
      try {
        // Again, since a question that was let in before may have been stored only meanwhile.
        while (tails.size > 0) await Promise.all(tails.values());
      } finally {
        cancelTimer();
        stop();
      }
    },
  };
}
