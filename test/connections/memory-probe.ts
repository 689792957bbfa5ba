// Loaded into a server by `node --expose-gc --import`: on SIGUSR2 it collects the garbage and prints what is
// left. Without that, what grows for want of a collection could not be told from what leaks.
import { memoryUsage } from "node:process";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  process.on("SIGUSR2", () => {
    globalThis.gc?.();
    const { rss, heapUsed } = memoryUsage();
    process.stdout.write(`memory ${rss} ${heapUsed}\n`);
  });
}
