/** `npm run test:ingestion`: a document is never half there, whenever the server dies. */
import { runCommand } from "../support/run-command.ts";
import { runIngestions } from "./ingestion-run.ts";

await runCommand({
  about: `Usage: npm run test:ingestion -- [options]

Uploads documents and kills the server with SIGKILL at random steps of their ingestion. Fails unless each document ends
complete or failed, as what was brought last, with each of its passages once, in the index once, and no job is lost or
left.

Options`,
  options: {
    seed: { standard: 1, least: 0, most: 2 ** 32, about: "for documents and moments" },
    kills: { standard: 30, least: 1, most: 10_000, about: "how often the server is killed" },
    sources: {
      standard: 8,
      least: 1,
      most: 1000,
      about: "documents that are brought again and again",
    },
    patience: {
      standard: 60,
      least: 1,
      most: 3600,
      about: "seconds in which all must be done after the last start",
    },
  },
  run: (options, say, stop) => runIngestions(options, undefined, say, stop),
});
