import { randomUUID } from "node:crypto";
import type { Answerer, TokenCounter } from "./core/answering/answerer.ts";
import type { BudgetStore } from "./core/answering/budget.ts";
import type { Retriever } from "./core/documents/retriever.ts";
import type { ChatStore, Clock, Logger, TenantStore } from "./core/ports.ts";
import { announceChanges } from "./core/turns/announce-changes.ts";
import { openLease, type Lease } from "./core/turns/lease.ts";
import type { LeaseStore } from "./core/turns/lease-store.ts";
import type { ReaderDeps } from "./core/turns/read-turn.ts";
import { recoverTenant } from "./core/turns/recover-turns.ts";
import { createRecoveries } from "./core/turns/recoveries.ts";
import { within } from "./core/turns/persist.ts";
import { createTurnLog, type TurnLog } from "./core/turns/turn-log.ts";
import {
  createTurnRunner,
  lastWorkMs,
  type RunnerDeps,
  type TurnRunner,
} from "./core/turns/turn-runner.ts";
import type { TurnStore } from "./core/turns/turn-store.ts";
import type { TurnStreams } from "./core/turns/turn-streams.ts";

export interface TurnsDeps {
  readonly tenants: TenantStore;
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly budgets: BudgetStore;
  readonly leases: LeaseStore;
  /** Undefined where this process is the only one. */
  readonly streams: TurnStreams | undefined;
  readonly retriever: Retriever;
  readonly answerer: Answerer;
  readonly tokens: TokenCounter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly leaseMs: number;
  readonly onEnd: RunnerDeps["onEnd"];
}

/** What runs this process' turns, and takes over those of dead ones. */
export interface Turns {
  readonly log: TurnLog;
  readonly reader: ReaderDeps;
  readonly runner: TurnRunner;
  readonly lease: Lease;
  /** Ends the lease, so that others take over what is left; to be called when nothing runs any more. */
  close(): Promise<void>;
}

/** Begins the lease of this process. @throws what the lease's store throws. */
export async function openTurns(deps: TurnsDeps): Promise<Turns> {
  const { clock, logger, turns, tenants, leases, tokens, streams } = deps;
  const stopping = new AbortController();
  const log = createTurnLog(
    streams && { streams, clock, logger, mayRefill: () => lease?.isHeld ?? false },
  );
  const reader = { log, chats: announceChanges(deps.chats, log), clock };
  const recoveries = createRecoveries({
    recoverTenant: async (tenantId) => {
      if (lease) await recoverTenant({ ...parts, lease }, tenantId);
    },
    clock,
    logger,
    stopping: stopping.signal,
  });
  const runner = createTurnRunner({ ...deps, reader, onLeft: recoveries.addLater });
  const parts = {
    tenants,
    turns,
    leases,
    log,
    runner,
    tokens,
    clock,
    logger,
    stopping: stopping.signal,
  };

  let lease: Lease | undefined;
  const opened = await openLease({
    store: leases,
    clock,
    logger,
    leaseMs: deps.leaseMs,
    isAlone: streams === undefined,
    newProcess: randomUUID,
    onLost: () => runner.fenceAll(),
    onClaim: recoveries.add,
    mayClaim: () => !runner.isClosing,
    isIdle: (tenantId) => runner.isIdle(tenantId) && !recoveries.tenantIds.has(tenantId),
  });
  lease = opened;
  return {
    log,
    reader,
    runner,
    lease: opened,
    async close() {
      stopping.abort();
      // What was taken over in the last moment is handed over too.
      await within(
        clock,
        lastWorkMs,
        recoveries.settle().then(() => runner.close(0)),
      );
      await log.flush();
      await opened.close([...runner.left, ...recoveries.tenantIds]);
    },
  };
}
