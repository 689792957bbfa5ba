import type { TokenCounter } from "../answering/answerer.ts";
import type { Ending } from "../message.ts";
import type { Clock, Logger, TenantStore } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { Lease } from "./lease.ts";
import { persist } from "./persist.ts";
import { laterMs } from "./recoveries.ts";
import { estimateUsage } from "./run-turn.ts";
import type { TurnRef } from "./turn-event.ts";
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
 * Takes over the turns of a tenant that nobody runs: those of dead processes, those that were handed over,
 * and old ones of this process that it doesn't know. Each is answered again as its next attempt, or ended
 * with what there was of its text. Not to be called twice at a time for one tenant.
 * @throws when any of them could not be taken over; the others are.
 */
export async function recoverTenant(deps: RecoverDeps, tenantId: string): Promise<void> {
  const found = await deps.tenants.findTenantInAnyState(tenantId);
  if (!found) return;
  const { tenant, isActive } = found;
  const errors: unknown[] = [];
  const taken: TurnRef[] = [];
  for (const turn of await listLeft(deps, tenant)) {
    // One that goes down itself leaves them to the next.
    if (deps.runner.isClosing) return;
    await recover(deps, tenant, turn, isActive).catch((error: unknown) => errors.push(error));
    taken.push(refer(tenant, turn));
  }
  // What was cancelled since the turns were listed was announced to nobody.
  await deps.runner.checkStops(taken);
  if (errors.length > 0) throw new AggregateError(errors, "Not every turn could be taken over");
}

async function listLeft(deps: RecoverDeps, tenant: Tenant): Promise<UnfinishedTurn[]> {
  const { turns, lease, leases, runner, clock } = deps;
  const own = await lease.ownTurnsOf(tenant.id);
  const unfinished = await turns.listUnfinished(tenant);
  // In this order: a process has its lease before it has a turn.
  const living = new Set(await leases.listProcesses());
  return unfinished.filter((turn) => {
    const { owner, answer } = turn;
    if (runner.has(refer(tenant, turn))) return false;
    if (owner === null || !living.has(owner)) return true;
    // Of our own: one that was taken over and then left by an error, or one that would have begun long ago.
    const isOld = clock.now() - answer.createdAt.getTime() >= laterMs;
    return owner === own && (answer.attempt > 1 || isOld);
  });
}

function refer(tenant: Tenant, { answer }: UnfinishedTurn): TurnRef {
  return { tenantId: tenant.id, chatId: answer.chatId, messageId: answer.id };
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
  const nothing = { sources: [], citations: [], model: "", degraded: [] };
  const ending: Ending = cancelRequested
    ? { type: "complete", finishReason: "cancelled", usage, ...nothing }
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
