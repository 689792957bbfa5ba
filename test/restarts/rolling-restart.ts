import type { ApiProcess } from "../../scripts/cluster/api-process.ts";
import { within } from "../support/deadline.ts";

export interface Restart {
  readonly name: string;
  /** Exit code or signal. */
  readonly how: number | string;
  readonly drainMs: number;
  /** From its end until the next life of it was ready. */
  readonly absentMs: number;
}

const startMs = 60_000;

/**
 * Restarts the processes one after the other, as a deployment does: SIGTERM, and on with the next one
 * when the new one is ready.
 * @param drainMs how long one may take to end. @throws Error when one takes too long.
 */
export async function restartAll(apis: readonly ApiProcess[], drainMs: number): Promise<Restart[]> {
  const restarts: Restart[] = [];
  for (const api of apis) {
    const { name, pid } = api;
    if (pid === undefined) throw new Error(`${name} isn't there to be restarted`);
    const ended = api.nextEnd();
    const begin = Date.now();
    process.kill(pid, "SIGTERM");
    const { how } = await within(drainMs, `${name} did not drain in ${drainMs} ms`, ended);
    const end = Date.now();
    await within(startMs, `${name} did not come back in ${startMs} ms`, api.ready());
    restarts.push({ name, how, drainMs: end - begin, absentMs: Date.now() - end });
  }
  return restarts;
}
