// A thread beside the one that reads, which may be too busy to look after itself: ends the process when
// it holds too much, has outlived its time, or has lost the server that waits for it.
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const { memory, time, parent } = workerData as {
  readonly memory: number;
  readonly time: number;
  readonly parent: number;
};
/** Milliseconds; a document takes about half a gigabyte a second at most. */
const often = 25;
/** Beyond the time after which the server ends us itself. */
const grace = 5000;
const started = performance.now();

setInterval(() => {
  if (process.memoryUsage.rss() > memory) {
    writeSync(2, `\nover its memory of ${memory} bytes`);
    process.kill(process.pid, "SIGKILL");
  }
  const isOrphan = process.ppid !== parent;
  if (isOrphan || performance.now() - started > time + grace) process.kill(process.pid, "SIGKILL");
}, often);
