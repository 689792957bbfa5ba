import { AppError } from "../errors.ts";
import type { Tenant } from "../tenant.ts";
import type { Cursor } from "./cursor.ts";
import { readTurn, type ReaderDeps } from "./read-turn.ts";
import type { TurnEvent, TurnRef } from "./turn-event.ts";

/** A turn that is read while something else may happen. */
export interface Hearing {
  readonly turn: TurnRef;
  /** Whether `next` has an answer at once. */
  readonly hasArrived: boolean;
  /** Asks for the next event without waiting for it. */
  ask(): void;
  /**
   * The next event; `over` when there are no more, or its chat was deleted; `woken` when `wake` is called before: then
   * ask again for what comes next, nothing is lost. @throws as readTurn
   */
  next(): Promise<TurnEvent | "over" | "woken">;
  /** For who waits now. */
  wake(): void;
  leave(): void;
}

/**
 * It is pulled: no event is made before it is asked for, and one at most is held. Who hears has begun before, and waits
 * for a store that is away.
 */
export function createHearing(
  deps: ReaderDeps,
  tenant: Tenant,
  turn: TurnRef,
  after: Cursor | undefined,
): Hearing {
  const leaving = new AbortController();
  const events = readTurn(deps, tenant, turn, after, leaving.signal, true);
  let isAsked = false;
  let arrived: (() => TurnEvent | "over") | undefined;
  let wake = (): void => undefined;

  function arrive(outcome: () => TurnEvent | "over"): void {
    arrived = outcome;
    wake();
  }

  function ask(): void {
    if (isAsked) return;
    isAsked = true;
    events.next().then(
      (result) => arrive(() => (result.done ? "over" : result.value)),
      (error: unknown) => arrive(() => explain(error)),
    );
  }

  return {
    turn,
    get hasArrived() {
      return arrived !== undefined;
    },
    ask,
    async next() {
      ask();
      if (!arrived) await new Promise<void>((resolve) => (wake = resolve));
      const outcome = arrived;
      if (!outcome) return "woken";
      [isAsked, arrived] = [false, undefined];
      return outcome();
    },
    wake: () => wake(),
    leave: () => leaving.abort(),
  };
}

function explain(error: unknown): "over" {
  if (error instanceof AppError && error.code === "MESSAGE_NOT_FOUND") return "over";
  throw error;
}
