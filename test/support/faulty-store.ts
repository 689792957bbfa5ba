import { AppError } from "../../api/core/errors.ts";
import type { CoreStore } from "./core.ts";

/** What goes wrong with one call: nothing, before it does its work, after it (its reply is lost), or oddly. */
export type Fault = "none" | "away" | "reply lost" | "odd";

type FaultyCall = "startAttempt" | "checkpoint" | "finishTurn" | "listHistory";

/** The faults of the first calls of each kind; those that follow have none. */
export type FaultPlan = Readonly<Record<FaultyCall, readonly Fault[]>>;

export const noFaults: FaultPlan = {
  startAttempt: [],
  checkpoint: [],
  finishTurn: [],
  listHistory: [],
};

export const oddError = new Error("An odd failure");

export function createFaultyStore(store: CoreStore, plan: FaultPlan): CoreStore {
  function spoil<Args extends unknown[], Result>(
    name: FaultyCall,
    call: (...args: Args) => Promise<Result>,
  ) {
    const faults = [...plan[name]];
    return async (...args: Args): Promise<Result> => {
      const fault = faults.shift() ?? "none";
      if (fault === "away")
        throw new AppError("SERVICE_UNAVAILABLE", "The database can't be reached");
      if (fault === "odd") throw oddError;
      const result = await call(...args);
      if (fault === "reply lost")
        throw new AppError("SERVICE_UNAVAILABLE", "The connection was cut");
      return result;
    };
  }
  return {
    ...store,
    startAttempt: spoil("startAttempt", store.startAttempt),
    checkpoint: spoil("checkpoint", store.checkpoint),
    finishTurn: spoil("finishTurn", store.finishTurn),
    listHistory: spoil("listHistory", store.listHistory),
  };
}
