import { persist } from "./persist.ts";
import { runTurn, type RunDeps } from "./run-turn.ts";
import type { TurnJob } from "./turn.ts";
import type { TurnRef } from "./turn-event.ts";
import type { TurnFinish, TurnStop } from "./turn-store.ts";

/** Runs the turns that belong to this process; those of one chat one after another. */
export interface TurnRunner {
  enqueue(job: TurnJob): void;
  /** For a save whose outcome is unknown: runs the turn if it turns out to be stored. */
  settle(tenantId: string, find: () => Promise<TurnJob | undefined>): void;
  /** Whether the turn runs or waits in this process. */
  has(turn: TurnRef): boolean;
  /** Ends what is to be stopped, as far as it is under way here, as cancelled. */
  stop(stop: TurnStop): void;
  /**
   * Looks whether any of these turns, or of all that are under way here, is to be stopped: an announcement may have
   * been missed.
   */
  checkStops(turns?: readonly TurnRef[]): Promise<void>;
  /** Whether anything of the tenant is under way here. */
  isIdle(tenantId: string): boolean;
  /** The tenants of which turns were left without an ending. */
  readonly left: ReadonlySet<string>;
  /** Lets go of everything, without an ending: other processes have it. */
  fenceAll(): void;
  /** True once it takes no new turn. */
  readonly isClosing: boolean;
  /** Lets running turns finish for `graceMs`, then hands over the rest, for which a store that is silent is not waited long. */
  close(graceMs: number): Promise<void>;
}

export interface RunnerDeps extends RunDeps {
  /** Told of each turn that ended here, after its ending was stored. */
  readonly onEnd: (job: TurnJob, finish: TurnFinish) => void;
  /** Told when a turn of the tenant may have been left without an ending that nobody works on. */
  readonly onLeft: (tenantId: string) => void;
}

interface Run {
  readonly job: TurnJob;
  readonly cancel: AbortController;
  readonly fence: AbortController;
}

/** How long the last work at a shutdown may take, such as keeping texts and handing turns over. */
export const lastWorkMs = 2500;

export function createTurnRunner(deps: RunnerDeps): TurnRunner {
  const shutdown = new AbortController();
  let isClosing = false;
  const runs = new Map<string, Run>();
  const pending = new Set<Promise<void>>();
  const left = new Set<string>();
  /** How many saves of each tenant have an unknown outcome. */
  const settling = new Map<string, number>();
  const turnKey = (tenantId: string, messageId: string) => `${tenantId}/${messageId}`;
  const nameOf = ({ tenant, answer }: TurnJob) => ({ tenant_id: tenant.id, message_id: answer.id });

  function track(work: Promise<void>): void {
    const tracked = work.finally(() => pending.delete(tracked));
    pending.add(tracked);
  }

  async function run(job: TurnJob): Promise<void> {
    const { tenant, answer } = job;
    const key = turnKey(tenant.id, answer.id);
    const known = runs.get(key);
    if (known && known.job.answer.attempt >= answer.attempt) return;
    known?.fence.abort();
    const entry: Run = { job, cancel: new AbortController(), fence: new AbortController() };
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
      else leave(tenant.id);
    } catch (error) {
      deps.logger.error({ err: error, ...nameOf(job) }, "A turn broke off");
      leave(tenant.id);
    } finally {
      if (runs.get(key) === entry) runs.delete(key);
    }
  }

  function leave(tenantId: string): void {
    left.add(tenantId);
    if (!shutdown.signal.aborted) deps.onLeft(tenantId);
  }

  async function settle(tenantId: string, find: () => Promise<TurnJob | undefined>): Promise<void> {
    settling.set(tenantId, (settling.get(tenantId) ?? 0) + 1);
    try {
      const job = await persist(deps.clock, shutdown.signal, find);
      if (job && !runs.has(turnKey(job.tenant.id, job.answer.id))) track(run(job));
    } catch (error) {
      deps.logger.error({ err: error }, "It is unknown whether a question was saved");
      leave(tenantId);
    } finally {
      const others = (settling.get(tenantId) ?? 1) - 1;
      if (others === 0) settling.delete(tenantId);
      else settling.set(tenantId, others);
    }
  }

  async function checkStop({ job, cancel }: Run): Promise<void> {
    const findStop = () => deps.turns.findStop(job.tenant, job.answer.id);
    const stop = await persist(deps.clock, shutdown.signal, findStop);
    if (stop) cancel.abort();
  }

  /** Again, since a question that was let in before may have been stored only meanwhile. */
  async function finishAll(): Promise<void> {
    while (pending.size > 0) await Promise.all(pending);
  }

  return {
    enqueue: (job) => track(run(job)),
    settle: (tenantId, find) => track(settle(tenantId, find)),
    has: (turn) => runs.has(turnKey(turn.tenantId, turn.messageId)),
    stop({ tenantId, chatId, messageId }) {
      for (const { job, cancel } of runs.values()) {
        const isMeant = job.tenant.id === tenantId && job.answer.chatId === chatId;
        if (isMeant && (messageId === undefined || job.answer.id === messageId)) cancel.abort();
      }
    },
    async checkStops(turns) {
      const meant = turns
        ? turns.flatMap((turn) => runs.get(turnKey(turn.tenantId, turn.messageId)) ?? [])
        : [...runs.values()];
      await Promise.all(meant.map(checkStop));
    },
    isIdle(tenantId) {
      const runsOf = runs.values().filter(({ job }) => job.tenant.id === tenantId);
      return !settling.has(tenantId) && runsOf.next().done === true;
    },
    get left() {
      return new Set([
        ...left,
        ...settling.keys(),
        ...runs.values().map(({ job }) => job.tenant.id),
      ]);
    },
    fenceAll() {
      for (const { fence } of runs.values()) fence.abort();
    },
    get isClosing() {
      return isClosing;
    },
    async close(graceMs) {
      isClosing = true;
      const over = Promise.withResolvers<void>();
      let cancelTimer = deps.clock.after(graceMs, () => {
        shutdown.abort();
        cancelTimer = deps.clock.after(lastWorkMs, over.resolve);
      });
      try {
        await Promise.race([finishAll(), over.promise]);
      } finally {
        cancelTimer();
        shutdown.abort();
      }
    },
  };
}
