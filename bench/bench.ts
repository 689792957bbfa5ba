/**
 * What a turn costs on this platform, beside a bare relay and a hand-written server, in one run.
 * Usage: npm run bench -- [--quick] [--rounds N] [--profiles FOLDER]
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { startOrphanWatch } from "../scripts/cluster/orphan-watch.ts";
import { printBreakdown } from "./turns/breakdown.ts";
import { startLoadClient, type LoadClient } from "./turns/load-client.ts";
import { createResults, type Results } from "./turns/results.ts";
import {
  listScenarios,
  measureCost,
  measureFirst,
  measureIdle,
  type Running,
  type Sizes,
} from "./turns/scenarios.ts";
import { openSubjects } from "./turns/subjects.ts";
import { startServer } from "./turns/watched-server.ts";

const write = (line = "") => void process.stdout.write(`${line}\n`);
const tell = (line: string) => void process.stderr.write(`${line}\n`);
/** Processes begin cold, and memory settles slowly: fewer rounds do for it. */
const idleRounds = 3;

function readOptions(): { readonly sizes: Sizes; readonly profiles: string | undefined } {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      profiles: { type: "string" },
    },
  });
  const rounds = values.rounds ?? (values.quick ? "1" : "5");
  if (!/^[1-9]\d?$/.test(rounds)) throw new Error(`--rounds ${rounds}: 1 to 99 is expected`);
  const sizes = values.quick
    ? { pacedTokens: 100, turns: 3, questions: 20, idle: 1000 }
    : { pacedTokens: 300, turns: 10, questions: 100, idle: 4000 };
  return { sizes: { rounds: Number(rounds), ...sizes }, profiles: values.profiles };
}

/** PostgreSQL outlives us unless it is ended. What is measured meanwhile fails by that, and is not told. */
function endWithSignals(opened: AsyncDisposableStack): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      tell(`Ending by ${signal} …`);
      process.on("unhandledRejection", () => undefined);
      void opened.disposeAsync().finally(() => process.exit(1));
    });
  }
}

async function measureAll(
  load: LoadClient,
  running: readonly Running[],
  modelUrl: string,
  sizes: Sizes,
  results: Results,
): Promise<void> {
  const scenarios = listScenarios(sizes);
  tell("Warming up …");
  for (const one of running) {
    for (const scenario of scenarios.slice(1)) await measureCost(load, one, scenario);
  }
  for (let round = 1; round <= sizes.rounds; round += 1) {
    tell(`Round ${round} of ${sizes.rounds} …`);
    for (const scenario of scenarios) {
      for (const one of running) {
        const cost = await measureCost(load, one, scenario);
        results.add(scenario.name, `µs a ${scenario.unit}`, one.subject.name, cost.server);
        results.addDatabase(scenario.name, one.subject.name, cost.database);
      }
    }
    for (const one of running) {
      const added = await measureFirst(load, one, modelUrl, sizes.questions);
      results.add("added time to the first piece", "ms", one.subject.name, added);
    }
  }
}

const { sizes, profiles } = readOptions();
await using opened = new AsyncDisposableStack();
endWithSignals(opened);
const orphans = startOrphanWatch();
opened.defer(orphans.close);
const model = await startServer("bench/servers/model.ts", {}, orphans);
opened.defer(model.close);
const modelUrl = `http://${model.host}/v1`;
const load = startLoadClient();
opened.defer(load.close);
const subjects = await openSubjects(opened, modelUrl, orphans, tell);
const running: Running[] = [];
for (const subject of subjects) {
  const server = await subject.start();
  opened.defer(server.close);
  running.push({ subject, server });
}
const results = createResults(subjects.map(({ name }) => name));
const begin = performance.now();
await measureAll(load, running, modelUrl, sizes, results);
const platform = running.find(({ subject }) => subject.name === "this platform");
if (!platform) throw new Error("The platform is not among what was measured");
const breakdown = await printBreakdown(load, platform, listScenarios(sizes), profiles);
// Fresh processes from here on: a database without Redis lets only one in.
for (const { server } of running) await server.close();
for (let round = 1; round <= Math.min(idleRounds, sizes.rounds); round += 1) {
  tell(`Idle connections, round ${round} …`);
  for (const subject of subjects) {
    const { rss, heap } = await measureIdle(load, subject, sizes.idle);
    results.add("memory of an idle connection", "KiB", subject.name, rss / 1024);
    results.addHeap(subject.name, heap / 1024);
  }
}
const [cpu] = cpus();
write(
  `Node ${process.version}, ${cpus().length} × ${cpu?.model ?? "?"}, medians of ${sizes.rounds} interleaved rounds`,
);
for (const line of results.format()) write(line);
for (const line of breakdown) write(line);
tell(`\nIt took ${Math.round((performance.now() - begin) / 1000)} s.`);
