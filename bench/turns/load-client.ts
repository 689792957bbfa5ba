import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LoadOrder, LoadResult } from "./load.ts";

/** The process of the clients. */
export interface LoadClient {
  /** One at a time. @throws Error where an answer is none, or another than it should be. */
  run(order: LoadOrder): Promise<LoadResult>;
  close(): Promise<void>;
}

export function startLoadClient(): LoadClient {
  // It ends by itself with the channel to us.
  const child = fork(join(import.meta.dirname, "load.ts"), { execArgv: [] });
  const ended = once(child, "close");
  child.once("disconnect", () => child.kill());
  return {
    async run(order) {
      const gone = new AbortController();
      const over = ended.then(() => {
        throw new Error("The clients' process ended");
      });
      try {
        child.send(order);
        const [reply] = await Promise.race([once(child, "message", gone), over]);
        if (reply.error !== undefined) throw new Error(reply.error);
        return reply.result;
      } finally {
        gone.abort();
        over.catch(() => undefined);
      }
    },
    async close() {
      child.disconnect();
      await ended;
    },
  };
}
