import { persist } from "./persist.ts";
import { runTurn, type RunDeps } from "./run-turn.ts";
import type { TurnJob } from "./turn.ts";
import type { TurnRef } from "./turn-event.ts";
import type { TurnFinish, TurnStop } from "./turn-store.ts";

/** Runs the turns that belong to this process; those of one chat one after another. */
export interface TurnRunner {
  enqueue(job: TurnJob): void;
  /** For a save whose outcome is unknown: runs the turn if it turns out to be stored. */
  settle(find: () => Promise<TurnJob | undefined>): void;
  /** Whether the turn runs or waits in this process. */
  has(turn: TurnRef): boolean;
  /** Ends what is to be stopped, as far as it is under way here, as cancelled. */
  stop(stop: TurnStop): void;
  /** Looks whether anything that is under way here is to be stopped: an announcement may have been missed. */
  checkStops(): Promise<void>;
  /** Lets go of everything, without an ending: other processes have it. */
  fenceAll(): void;
  /** True once it takes no new turn. */
  readonly isClosing: boolean;
  /** Lets running turns finish for `graceMs`, then hands over the rest. */
  close(graceMs: number): Promise<void>;
}

export interface RunnerDeps extends RunDeps {
  /** Told of each turn that ended here, after its ending was stored. */
  readonly onEnd: (job: TurnJob, finish: TurnFinish) => void;
}

interface Run {
  readonly job: TurnJob;
  readonly cancel: AbortController;
  readonly fence: AbortController;
}

export function createTurnRunner(deps: RunnerDeps): TurnRunner {
  const shutdown = new AbortController();
  let isClosing = false;
  const runs = new Map<string, Run>();
  const pending = new Set<Promise<void>>();
  const turnKey = (tenantId: string, messageId: string) => `${tenantId}/${messageId}`;
  const nameOf = ({ tenant, answer }: TurnJob) => ({ tenant_id: tenant.id, message_id: answer.id });

  function track(work: Promise<void>): void {
    const tracked = work.finally(() => pending.delete(tracked));
    pending.add(tracked);
  }

  async function run(job: TurnJob): Promise<void> {
    const { tenant, answer } = job;
    const key = turnKey(tenant.id, answer.id);
    const entry: Run = { job, cancel: new AbortController(), fence: new AbortController() };
    runs.get(key)?.fence.abort();
    runs.set(key, entry);
    const { fence } = entry;
    const turn: TurnRef = { tenantId: tenant.id, chatId: answer.chatId, messageId: answer.id };
    const writer = deps.reader.log.open(turn, answer.attempt, () => fence.abort());
    try {
      const finish = await runTurn(deps, job, writer, {
        cancel: entry.cancel.signal,
        shutdown: shutdown.signal,
        fence,
      });
      if (finish) deps.onEnd(job, finish);
    } catch (error) {
      deps.logger.error({ err: error, ...nameOf(job) }, "A turn broke off");
    } finally {
      if (runs.get(key) === entry) runs.delete(key);
    }
  }

  async function settle(find: () => Promise<TurnJob | undefined>): Promise<void> {
    try {
      const job = await persist(deps.clock, shutdown.signal, find);
      if (job && !runs.has(turnKey(job.tenant.id, job.answer.id))) track(run(job));
    } catch (error) {
      deps.logger.error({ err: error }, "It is unknown whether a question was saved");
    }
  }

  async function checkStop({ job, cancel }: Run): Promise<void> {
    const findStop = () => deps.turns.findStop(job.tenant, job.answer.id);
    const stop = await persist(deps.clock, shutdown.signal, findStop);
    if (stop) cancel.abort();
  }

  return {
    enqueue: (job) => track(run(job)),
    settle: (find) => track(settle(find)),
    has: (turn) => runs.has(turnKey(turn.tenantId, turn.messageId)),
    stop({ tenantId, chatId, messageId }) {
      for (const { job, cancel } of runs.values()) {
        const isMeant = job.tenant.id === tenantId && job.answer.chatId === chatId;
        if (isMeant && (messageId === undefined || job.answer.id === messageId)) cancel.abort();
      }
    },
    async checkStops() {
      await Promise.all([...runs.values()].map(checkStop));
    },
    fenceAll() {
      for (const { fence } of runs.values()) fence.abort();
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
        while (pending.size > 0) await Promise.all(pending);
      } finally {
        cancelTimer();
        stop();
      }
    },
  };
}
