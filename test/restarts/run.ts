/** `npm run test:restarts`: nobody notices that the servers are restarted. */
import { runCommand } from "../support/run-command.ts";
import { runRestarts } from "./restart-run.ts";

await runCommand({
  about: `Usage: npm run test:restarts -- [options]

Restarts the API processes on one PostgreSQL and one Redis one after the other with SIGTERM, behind the
balancer of npm run cluster, while conversations go on. Fails unless every answer was read completely, as it is
stored, each question is stored once, no error was seen and each process ended with code 0.

Options`,
  options: {
    processes: { standard: 2, least: 1, most: 8, about: "API processes" },
    rounds: { standard: 10, least: 1, most: 1000, about: "restarts of each process" },
    conversations: {
      standard: 50,
      least: 1,
      most: 1000,
      about: "visitors who ask at the same time",
    },
    element: {
      standard: 10,
      least: 0,
      most: 1000,
      about: "how many of them go through the element's client, the others through a raw WebSocket",
    },
    seed: {
      standard: 1,
      least: 0,
      most: 2 ** 32,
      about: "for the answers and the clients' pauses",
    },
    grace: {
      standard: 4000,
      least: 0,
      most: 60_000,
      about: "SHUTDOWN_GRACE_MS; answers that take longer are handed over",
    },
    pace: {
      standard: 10,
      least: 1,
      most: 100,
      about: "pieces a second, of the 20 to 60 of an answer",
    },
  },
  run: (options, say, stop) => runRestarts(options, undefined, say, stop),
});
