/**
 * Loaded into a measured server by `node --import`: answers its parent about itself, over a channel that doesn't
 * keep it alive. It costs nothing between two questions.
 */
import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { isMainThread } from "node:worker_threads";

/** What the parent asks. */
export type ProbeQuestion = "cpu" | "memory" | "profile" | "profile end";

export interface ProbeAnswer {
  /** CPU time of all threads, in microseconds. */
  readonly cpu?: number;
  /** After a garbage collection, in bytes. */
  readonly rss?: number;
  readonly heap?: number;
  readonly profile?: Profiler.Profile;
}

const samplingMicroseconds = 500;
let session: Session | undefined;

async function answer(question: ProbeQuestion): Promise<ProbeAnswer> {
  switch (question) {
    case "cpu": {
      const { user, system } = process.cpuUsage();
      return { cpu: user + system };
    }
    case "memory": {
      // Twice, since the first one lets finalizers run.
      for (let times = 0; times < 2; times += 1) {
        globalThis.gc?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, heap: heapUsed + external };
    }
    case "profile":
      session = new Session();
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: samplingMicroseconds });
      await session.post("Profiler.start");
      return {};
    case "profile end": {
      const ended = await session?.post("Profiler.stop");
      session?.disconnect();
      return ended ? { profile: ended.profile } : {};
    }
  }
}

if (isMainThread && process.send) {
  process.on("message", (question: ProbeQuestion) => {
    void answer(question).then((reply) => process.send?.(reply));
  });
  process.channel?.unref();
}
