import { AppError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import { persist } from "./persist.ts";
import { readTurn, type ReaderDeps } from "./read-turn.ts";
import type { TurnJob } from "./turn.ts";
import type { TurnStore } from "./turn-store.ts";

export interface OrderDeps {
  readonly turns: Pick<TurnStore, "startAttempt">;
  readonly reader: ReaderDeps;
  readonly clock: Clock;
}

/**
 * Starts the attempt when all earlier turns of its chat have ended, in whatever process they run.
 * @returns false when the attempt is no longer ours. @throws what aborted the signal.
 */
export async function startInOrder(
  deps: OrderDeps,
  { tenant, answer }: TurnJob,
  stop: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const outcome = await persist(deps.clock, stop, () =>
      deps.turns.startAttempt(tenant, answer.id, answer.attempt),
    );
    stop.throwIfAborted();
    if (outcome === "started") return true;
    if (outcome === "lost") return false;
    const turn = { tenantId: tenant.id, chatId: answer.chatId, messageId: outcome.behind };
    await persist(deps.clock, stop, async () => {
      const events = readTurn(deps.reader, tenant, turn, undefined, stop);
      while (!(await readNext(events)).done);
    });
    stop.throwIfAborted();
  }
}

/** The end of the events also where the turn's chat is deleted. */
async function readNext(events: ReturnType<typeof readTurn>): Promise<{ done?: boolean }> {
  try {
    return await events.next();
  } catch (error) {
    if (error instanceof AppError && error.code === "MESSAGE_NOT_FOUND") return { done: true };
    throw error;
  }
}
