/** `npm run test:connections`: many connections on one process, and its memory stays flat. */
import { runCommand } from "../support/run-command.ts";
import { runConnections } from "./connection-run.ts";

await runCommand({
  about: `Usage: npm run test:connections -- [options]

Holds many WebSocket connections to one API process: idle ones, and ones that read one streamed answer after
the other. Fails when one is dropped, when an answer is not complete and equal to the stored one, or when
memory keeps growing: when, each time right after a garbage collection, the median of the last quarter of the
time lies too far above that of the first quarter.

Options`,
  options: {
    idle: { standard: 5000, least: 0, most: 100_000, about: "connections that only answer pings" },
    streaming: {
      standard: 200,
      least: 1,
      most: 10_000,
      about: "connections with answers all the time",
    },
    seconds: { standard: 120, least: 4, most: 86_400, about: "how long memory is looked at" },
    warmup: {
      standard: 30,
      least: 0,
      most: 3600,
      about: "seconds before that, with everything open",
    },
    heap: { standard: 8, least: 0, most: 100_000, about: "megabytes that the heap may grow by" },
    rss: { standard: 48, least: 0, most: 100_000, about: "megabytes that the process may grow by" },
    seed: { standard: 1, least: 0, most: 2 ** 32, about: "for the answers" },
  },
  run: (options, say, stop) => runConnections(options, undefined, say, stop),
});
