import type { Ending } from "./message.ts";
import type { Clock, Logger, Orphan, TenantStore, TokenCounter, TurnStore } from "./ports.ts";
import { estimateUsage } from "./run-turn.ts";
import type { Tenant } from "./tenant.ts";
import type { TurnRunner } from "./turn-runner.ts";

export interface RecoverDeps {
  readonly tenants: TenantStore;
  readonly turns: TurnStore;
  readonly runner: TurnRunner;
  readonly tokens: TokenCounter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly owner: string;
}

/** A question that has brought down three processes is not asked a fourth time. */
export const maxAttempts = 3;

/**
 * Takes over the turns that a dead process left behind: each is answered again as its next attempt,
 * or ended with what there was of its text. One tenant's trouble doesn't keep back the others.
 */
export async function recoverTurns(deps: RecoverDeps): Promise<void> {
  for (const tenant of await deps.tenants.listTenants()) {
    try {
      for (const orphan of await deps.turns.listOrphans(tenant, deps.owner))
        await recover(deps, tenant, orphan);
    } catch (error) {
      deps.logger.error(
        { err: error, tenant_id: tenant.id },
        "Unfinished turns of a tenant could not be taken over",
      );
    }
  }
}

async function recover(
  deps: RecoverDeps,
  tenant: Tenant,
  { question, answer, cancelRequested }: Orphan,
): Promise<void> {
  const { turns, runner, owner, clock, logger } = deps;
  if (!(await turns.takeOver(tenant, answer.id, answer.attempt, owner))) return;
  const since = clock.now();
  const attempt = answer.attempt + 1;
  if (!cancelRequested && answer.attempt < maxAttempts) {
    logger.info({ tenant_id: tenant.id, message_id: answer.id, attempt }, "Answering again");
    runner.enqueue({ tenant, question, answer: { ...answer, attempt }, since });
    return;
  }
  const usage = estimateUsage(deps, question.content, answer.content);
  const ending: Ending = cancelRequested
    ? { type: "complete", finishReason: "cancelled", usage, sources: [], model: "", degraded: [] }
    : { type: "error", code: "PROCESSING_ERROR", message: "The answer was interrupted", usage };
  logger.warn(
    { tenant_id: tenant.id, message_id: answer.id, attempt },
    "Ending an interrupted turn",
  );
  const timing = { firstChunkMs: null, totalMs: Math.max(0, since - answer.createdAt.getTime()) };
  await turns.finishTurn(tenant, answer.id, attempt, { text: answer.content, ending, timing });
}
