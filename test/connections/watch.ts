import { setTimeout as delay } from "node:timers/promises";
import type { MemorySample } from "./memory.ts";

export interface WatchPlan {
  /** Until memory is looked at, in seconds. */
  readonly warmup: number;
  readonly seconds: number;
}

/** Each collection of the garbage stops the server for a part of a second. */
const samplePauseMs = 5000;

/**
 * Lets everything go on and takes samples when it has warmed up; ends early at `died`.
 * @throws the reason of `stop`
 */
export async function watchMemory(
  { warmup, seconds }: WatchPlan,
  take: () => Promise<MemorySample | undefined>,
  say: (line: string) => void,
  died: AbortSignal,
  stop: AbortSignal,
): Promise<MemorySample[]> {
  const signal = AbortSignal.any([died, stop]);
  const wait = (ms: number) => delay(ms, undefined, { signal }).catch(() => "It is to end");
  // Short ones too have the samples that quarters need.
  const pauseMs = Math.min(samplePauseMs, (seconds * 1000) / 8);
  const samples: MemorySample[] = [];
  await wait(warmup * 1000);
  const end = Date.now() + seconds * 1000;
  while (!signal.aborted && Date.now() < end) {
    const sample = await take();
    if (!sample) break;
    samples.push(sample);
    say(
      `Memory ${samples.length}: RSS ${sample.rss.toFixed(1)} MB, heap ${sample.heap.toFixed(1)} MB`,
    );
    await wait(pauseMs);
  }
  stop.throwIfAborted();
  return samples;
}
