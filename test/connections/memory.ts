import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Of one process right after a garbage collection, in megabytes (2^20 bytes). */
export interface MemorySample {
  /** What it occupies in the machine's memory. */
  readonly rss: number;
  /** Its living JavaScript objects. */
  readonly heap: number;
}

const megabyte = 2 ** 20;
const probe = pathToFileURL(join(import.meta.dirname, "memory-probe.ts")).href;

/** Settings with which a server can be asked. */
export const probeEnv = { NODE_OPTIONS: `--expose-gc --import=${probe}` };

/** Asks a server that runs with `probeEnv` and whose lines are given to `read`. */
export interface MemoryProbe {
  /** @returns whether the line was for the probe. */
  read(line: string): boolean;
  /** One at a time. Undefined when the process has died. */
  take(pid: number, died: AbortSignal): Promise<MemorySample | undefined>;
}

export function createMemoryProbe(): MemoryProbe {
  let asked: ((sample: MemorySample) => void) | undefined;
  return {
    read(line) {
      const [, rss, heap] = /memory (\d+) (\d+)$/.exec(line) ?? [];
      if (rss === undefined) return false;
      asked?.({ rss: Number(rss) / megabyte, heap: Number(heap) / megabyte });
      return true;
    },
    take(pid, died) {
      return new Promise((resolve) => {
        const give = (sample?: MemorySample) => {
          died.removeEventListener("abort", onDeath);
          resolve(sample);
        };
        const onDeath = () => give();
        asked = give;
        died.addEventListener("abort", onDeath);
        if (!sendSignal(pid)) give();
      });
    },
  };
}

function sendSignal(pid: number): boolean {
  try {
    return process.kill(pid, "SIGUSR2");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

export interface Growth {
  /** Medians of the first and of the last quarter of the samples, and their difference. */
  readonly first: number;
  readonly last: number;
  readonly grown: number;
}

/** How much memory grew over the samples. @throws Error when they are fewer than four. */
export function measureGrowth(samples: readonly number[]): Growth {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) throw new Error(`${samples.length} samples are too few`);
  const first = median(samples.slice(0, quarter));
  const last = median(samples.slice(-quarter));
  return { first, last, grown: last - first };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const [low = NaN, high = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return (low + high) / 2;
}
