import { RefusedError } from "./api.ts";
import type { Output } from "./output.ts";

/**
 * Does something to each, one after another; one that is refused doesn't hold up the others.
 * @param done what to say of one to which it was done, such as `revoked`.
 * @returns whether it was done to all.
 */
export async function doEach(
  names: readonly string[],
  done: string,
  output: Output,
  act: (name: string) => Promise<void>,
): Promise<boolean> {
  const results: { readonly id: string; readonly result: string; readonly error?: string }[] = [];
  const width = Math.max(done.length, "failed".length) + 2;
  for (const id of names) {
    try {
      await act(id);
      results.push({ id, result: done });
      output.say(`${done.padEnd(width)}${id}`);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      results.push({ id, result: "failed", error: error.code });
      output.say(`${"failed".padEnd(width)}${id}: ${error.message}`);
    }
  }
  output.give(results);
  return results.every(({ result }) => result === done);
}
