import type { TokenCounter } from "../answering/answerer.ts";
import type { Ending } from "../message.ts";
import type { Clock, Logger, TenantStore } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { Lease } from "./lease.ts";
import { persist } from "./persist.ts";
import { estimateUsage } from "./run-turn.ts";
import type { TurnLog } from "./turn-log.ts";
import type { TurnRunner } from "./turn-runner.ts";
import type { TurnStore, UnfinishedTurn } from "./turn-store.ts";

export interface RecoverDeps {
  readonly tenants: Pick<TenantStore, "findTenantInAnyState">;
  readonly turns: TurnStore;
  readonly leases: Pick<LeaseStore, "listProcesses">;
  readonly lease: Pick<Lease, "ownTurnsOf">;
  readonly log: TurnLog;
  readonly runner: TurnRunner;
  readonly tokens: TokenCounter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when the process shuts down. */
  readonly stopping: AbortSignal;
}

/** A question that has brought down three processes is not asked a fourth time. */
export const maxCrashes = 3;

/**
 * Takes over the turns that dead processes left behind in these tenants: each is answered again as its
 * next attempt, or ended with what there was of its text. One tenant's trouble doesn't keep back the others.
 */
export async function recoverTurns(deps: RecoverDeps, tenantIds: readonly string[]): Promise<void> {
  for (const tenantId of tenantIds) {
    await recoverTenant(deps, tenantId).catch((error: unknown) => {
      const fields = { err: error, tenant_id: tenantId };
      if (!deps.stopping.aborted)
        deps.logger.error(fields, "The unfinished turns of a tenant could not be read");
    });
  }
}

async function recoverTenant(deps: RecoverDeps, tenantId: string): Promise<void> {
  const { turns, tenants, leases, logger } = deps;
  const ask = <T>(store: () => Promise<T>) => persist(deps.clock, deps.stopping, store);
  const found = await ask(() => tenants.findTenantInAnyState(tenantId));
  if (!found) return;
  const { tenant, isActive } = found;
  const unfinished = await ask(() => turns.listUnfinished(tenant));
  // In this order: a process has its lease before it has a turn.
  const living = new Set(await ask(() => leases.listProcesses()));
  for (const turn of unfinished) {
    // One that goes down itself leaves them to the next.
    if (deps.runner.isClosing) return;
    if (turn.owner !== null && living.has(turn.owner)) continue;
    await recover(deps, tenant, turn, isActive).catch((error: unknown) => {
      const fields = { err: error, tenant_id: tenantId, message_id: turn.answer.id };
      if (!deps.stopping.aborted)
        logger.error(fields, "An unfinished turn could not be taken over");
    });
  }
  // What was cancelled since the turns were listed was announced to nobody.
  await deps.runner.checkStops();
}

async function recover(
  deps: RecoverDeps,
  tenant: Tenant,
  turn: UnfinishedTurn,
  isActive: boolean,
): Promise<void> {
  const { turns, lease, runner, clock, logger, stopping } = deps;
  const { question, answer } = turn;
  const name = { tenant_id: tenant.id, message_id: answer.id, attempt: answer.attempt + 1 };
  const takeOver = async () => {
    const owner = await lease.ownTurnsOf(tenant.id);
    return turns.takeOver(tenant, answer.id, answer.attempt, owner);
  };
  if (!(await persist(clock, stopping, takeOver))) return;
  const crashes = turn.crashes + (turn.owner === null ? 0 : 1);
  if (isActive && !turn.cancelRequested && crashes < maxCrashes) {
    logger.info(name, "Answering again");
    const since = clock.now();
    runner.enqueue({ tenant, question, answer: { ...answer, attempt: name.attempt }, since });
  } else {
    logger.warn(name, "Ending an interrupted turn");
    await endInterrupted(deps, tenant, turn);
  }
}

/** Stores the ending with the text so far, and publishes both as an attempt of its own. */
async function endInterrupted(
  { turns, tokens, clock, stopping, log }: RecoverDeps,
  tenant: Tenant,
  { question, answer, cancelRequested }: UnfinishedTurn,
): Promise<void> {
  const text = answer.content;
  const attempt = answer.attempt + 1;
  const usage = estimateUsage({ tokens }, question.content, text);
  const ending: Ending = cancelRequested
    ? { type: "complete", finishReason: "cancelled", usage, sources: [], model: "", degraded: [] }
    : { type: "error", code: "PROCESSING_ERROR", message: "The answer was interrupted", usage };
  const totalMs = Math.max(0, clock.now() - answer.createdAt.getTime());
  const finish = { text, ending, timing: { firstChunkMs: null, totalMs } };
  const save = () => turns.finishTurn(tenant, answer.id, attempt, finish);
  if (!(await persist(clock, stopping, save))) return;
  const turn = { tenantId: tenant.id, chatId: answer.chatId, messageId: answer.id };
  const writer = log.open(turn, attempt);
  writer.start();
  writer.append(text);
  writer.end(ending);
}
