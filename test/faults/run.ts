/** `npm run test:faults`: whatever fails, nothing is lost, doubled or left hanging. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCommandLine, UsageError, usage, type FaultCommand } from "./command-line.ts";
import { describeFault } from "./fault.ts";
import { drawFaults } from "./fault-plan.ts";
import { runFaults } from "./fault-run.ts";
import { buildWithout } from "./mutant.ts";
import { describeReport } from "./report.ts";

const root = join(import.meta.dirname, "../..");
const mostFindings = 30;
/** A killed server's turns are taken over in that time after its lease, unless something else goes wrong. */
const takeoverMs = 3000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** @returns whether all was well. */
async function run(command: FaultCommand, stop: AbortSignal): Promise<boolean> {
  const { seed, faults, processes, without } = command;
  await using opened = new AsyncDisposableStack();
  let build = root;
  if (without) {
    build = await mkdtemp(join(tmpdir(), `miptech-without-${without}-`));
    opened.defer(() => rm(build, { recursive: true }));
    await buildWithout(without, root, build);
    say(`The servers run without ${without}`);
  }
  say(`Seed ${seed}, ${faults} faults, ${processes} server processes`);
  const report = await runFaults({
    ...command,
    build,
    say,
    stop,
    lanes: 8,
    takeoverMs,
    killing: { rounds: Math.ceil(faults / 500), killsPerRound: 3, answerSeconds: 14 },
    postgres: undefined,
  });
  const { findings } = report;
  for (const { kind, who, text } of findings.slice(0, mostFindings))
    say(`❌ ${kind}: ${who}: ${text}`);
  if (findings.length > mostFindings) say(`❌ … and ${findings.length - mostFindings} more`);
  for (const line of describeReport(report)) say(line);
  return findings.length === 0;
}

async function runUnlessStopped(command: FaultCommand, stop: AbortSignal): Promise<boolean> {
  try {
    return await run(command, stop);
  } catch (error) {
    if (!stop.aborted) throw error;
    say("❌ It was interrupted");
    return false;
  }
}

try {
  const command = readCommandLine(process.argv.slice(2));
  if (command === "help") say(usage);
  else if (command.plan) {
    const { seed, faults, processes } = command;
    for (const fault of drawFaults(seed, faults, processes)) say(describeFault(fault));
  } else {
    const stop = new AbortController();
    const onSignal = () => stop.abort(new Error("It was interrupted"));
    process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
    process.exitCode = (await runUnlessStopped(command, stop.signal)) ? 0 : 1;
  }
} catch (error) {
  if (error instanceof UsageError) console.error(`❌ ${error.message}\n\n${usage}`);
  else console.error(error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
