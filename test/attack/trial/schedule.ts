import type { Trial } from "./stage.ts";

/** How many trials run beside each other where they can. */
const lanes = 6;

/**
 * Runs all trials: those that look at a chat of their own alone beside each other, then one after another those that
 * look at what others change too.
 */
export async function runTrials(
  trials: readonly Trial[],
  run: (trial: Trial) => Promise<void>,
): Promise<void> {
  const waiting = trials.filter((trial) => isAlone(trial));
  const lane = async () => {
    for (let trial = waiting.shift(); trial; trial = waiting.shift()) await run(trial);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  for (const trial of trials) if (!isAlone(trial)) await run(trial);
}

/** Whether nothing that it does or looks at is another trial's. */
function isAlone({ operation, variant }: Trial): boolean {
  if (operation.kind !== "change") return true;
  const kinds = [...variant.slots.values()].map(({ kind }) => kind);
  return variant.chat !== undefined && !kinds.includes("client message id");
}
