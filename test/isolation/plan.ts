import { createRandom, type Random } from "../faults/random.ts";
import { abortWeights, type AbortKind } from "./aborts.ts";
import { operationWeights, type OperationKind } from "./operations.ts";

/** One operation of a run. */
export interface PlannedOperation {
  /** Places of the tenant and of another one, from 0. */
  readonly tenant: number;
  readonly other: number;
  readonly kind: OperationKind | AbortKind;
  /** For all that is drawn while it runs. */
  readonly random: Random;
}

export interface PlanOptions {
  readonly operations: number;
  readonly tenants: number;
  readonly seed: number;
}

const abortedShare = 0.1;

/** The operations of a run, in the order of their start; they depend on the options alone. */
export function* drawOperations(options: PlanOptions): Generator<PlannedOperation> {
  const { operations, tenants, seed } = options;
  const random = createRandom(seed, "isolation");
  for (let number = 1; number <= operations; number += 1) {
    const tenant = random.integer(0, tenants - 1);
    yield {
      tenant,
      other: (tenant + random.integer(1, tenants - 1)) % tenants,
      kind: random.chance(abortedShare)
        ? random.weigh(abortWeights)
        : random.weigh(operationWeights),
      random: createRandom(seed, `isolation ${number}`),
    };
  }
}
