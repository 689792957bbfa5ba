import type { TurnStreams } from "../../api/core/turns/turn-streams.ts";
import type { Fault } from "./faulty-store.ts";

/** The faults of the first calls of each kind; those that follow have none. A `deaf` process is never woken. */
export interface StreamFaults {
  readonly append: readonly Fault[];
  readonly replace: readonly Fault[];
  readonly read: readonly Fault[];
  readonly watch: readonly Fault[];
  readonly isDeaf: boolean;
}

export const noStreamFaults: StreamFaults = {
  append: [],
  replace: [],
  read: [],
  watch: [],
  isDeaf: false,
};

/** The streams as one process has them, over those that all share. */
export function createFaultyStreams(streams: TurnStreams, plan: StreamFaults): TurnStreams {
  function spoil<Args extends unknown[], Result>(
    faults: readonly Fault[],
    call: (...args: Args) => Promise<Result>,
  ) {
    const left = [...faults];
    return async (...args: Args): Promise<Result> => {
      const fault = left.shift() ?? "none";
      if (fault === "away" || fault === "odd") throw new Error("Redis can't be reached");
      const result = await call(...args);
      if (fault === "reply lost") throw new Error("The connection to Redis was cut");
      return result;
    };
  }
  return {
    append: spoil(plan.append, streams.append),
    replace: spoil(plan.replace, streams.replace),
    read: spoil(plan.read, streams.read),
    announce: streams.announce,
    watch: spoil(plan.watch, (topic, wake: () => void) =>
      streams.watch(topic, plan.isDeaf ? () => undefined : wake),
    ),
  };
}
