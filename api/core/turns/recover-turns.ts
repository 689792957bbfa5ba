import type { Ending } from "../message.ts";
import { persist } from "./persist.ts";
import type { Clock, Logger, TenantStore } from "../ports.ts";
import type { Orphan, TurnStore } from "./turn-store.ts";
import type { TokenCounter } from "../answering/answerer.ts";
import { estimateUsage } from "./run-turn.ts";
import type { Tenant } from "../tenant.ts";
import type { TurnRunner } from "./turn-runner.ts";

export interface RecoverDeps {
  readonly tenants: TenantStore;
  readonly turns: TurnStore;
  readonly runner: TurnRunner;
  readonly tokens: TokenCounter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly owner: string;
  /** Aborts when the process shuts down. */
  readonly stopping: AbortSignal;
}

/** A question that has brought down three processes is not asked a fourth time. */
export const maxAttempts = 3;

/**
 * Takes over the turns that a dead process left behind: each is answered again as its next attempt,
 * or ended with what there was of its text. One tenant's trouble doesn't keep back the others.
 */
export async function recoverTurns(deps: RecoverDeps): Promise<void> {
  const { turns, owner, logger } = deps;
  const tenants = await persist(deps.clock, deps.stopping, () => deps.tenants.listTenants());
  for (const tenant of tenants) {
    const log = (error: unknown, text: string) =>
      logger.error({ err: error, tenant_id: tenant.id }, text);
    try {
      const orphans = await persist(deps.clock, deps.stopping, () =>
        turns.listOrphans(tenant, owner),
      );
      for (const orphan of orphans) {
        await recover(deps, tenant, orphan).catch((error: unknown) =>
          log(error, "An unfinished turn could not be taken over"),
        );
      }
    } catch (error) {
      log(error, "The unfinished turns of a tenant could not be read");
    }
  }
}

async function recover(
  deps: RecoverDeps,
  tenant: Tenant,
  { question, answer, cancelRequested }: Orphan,
): Promise<void> {
  const { turns, runner, owner, clock, logger, stopping } = deps;
  const name = { tenant_id: tenant.id, message_id: answer.id, attempt: answer.attempt + 1 };
  const takeOver = () => turns.takeOver(tenant, answer.id, answer.attempt, owner);
  if (!(await persist(clock, stopping, takeOver))) return;
  const since = clock.now();
  if (!cancelRequested && answer.attempt < maxAttempts) {
    logger.info(name, "Answering again");
    runner.enqueue({ tenant, question, answer: { ...answer, attempt: name.attempt }, since });
    return;
  }
  logger.warn(name, "Ending an interrupted turn");
  const usage = estimateUsage(deps, question.content, answer.content);
  const ending: Ending = cancelRequested
    ? { type: "complete", finishReason: "cancelled", usage, sources: [], model: "", degraded: [] }
    : { type: "error", code: "PROCESSING_ERROR", message: "The answer was interrupted", usage };
  const timing = { firstChunkMs: null, totalMs: Math.max(0, since - answer.createdAt.getTime()) };
  const finish = { text: answer.content, ending, timing };
  await persist(clock, stopping, () => turns.finishTurn(tenant, answer.id, name.attempt, finish));
}
