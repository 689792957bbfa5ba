/** `npm run attack`: nobody gets at what is another tenant's, or another person's, whatever they ask. */
import { join } from "node:path";
import { ConfigError, loadAdminAccess } from "../../api/config.ts";
import { UsageError } from "../support/number-options.ts";
import { runAttack } from "./attack-run.ts";
import { readCommandLine, usage, type AttackCommand } from "./command-line.ts";
import { runMutant } from "./mutant/mutant-run.ts";
import type { Mutant } from "./mutant/mutants.ts";
import { describeReport, exitCodeOf, judgeMutant } from "./report.ts";
import { explain, PrepareError } from "./scene/preparer.ts";

const root = join(import.meta.dirname, "../..");
const interrupted = new Error("It was interrupted");
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** @returns the exit code. */
async function attack(command: AttackCommand, stop: AbortSignal): Promise<number> {
  const access = loadAdminAccess(root);
  const adminToken = command.adminToken ?? access.adminToken;
  if (!adminToken) throw new UsageError("No admin token: --admin-token or ADMIN_TOKEN is expected");
  const url = command.url ?? access.url;
  const { apiPrefix } = access;
  const { seed, thoroughness, only } = command;
  say(`Attacking ${url}, seed ${seed}`);
  const how = { seed, thoroughness, only, say, stop };
  const report = await runAttack({ url, prepareUrl: url, apiPrefix, adminToken, ...how });
  for (const line of describeReport(report)) say(line);
  const code = exitCodeOf(report);
  say(code === 0 ? "✅ Nobody got in where they don't belong" : "❌ See above");
  return code;
}

async function attackMutant(
  mutant: Mutant,
  { seed, thoroughness, only }: AttackCommand,
  stop: AbortSignal,
): Promise<number> {
  say(`Attacking a server without ${mutant}, seed ${seed}`);
  const report = await runMutant({
    mutant,
    seed,
    thoroughness,
    only,
    say,
    stop,
    given: undefined,
  });
  for (const line of describeReport(report)) say(line);
  const { refusals, example } = report.fence;
  say(
    `PostgreSQL refused what the server let pass ${refusals} times${example ? `: ${example}` : ""}`,
  );
  const code = judgeMutant(report, report.fence);
  if (code === 1) say(`The suite found out that ${mutant} is missing`);
  if (code === 3)
    say("Nothing leaked: the second fence, the rights of PostgreSQL's roles, has held");
  if (code === 4) say(`❌ The suite didn't notice that ${mutant} is missing`);
  return code;
}

try {
  const command = readCommandLine(process.argv.slice(2));
  if (command === "help") say(usage);
  else {
    const stop = new AbortController();
    const onSignal = () => stop.abort(interrupted);
    process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
    const { mutant } = command;
    process.exitCode = mutant
      ? await attackMutant(mutant, command, stop.signal)
      : await attack(command, stop.signal);
  }
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  if (error instanceof UsageError) console.error(`❌ ${error.message}\n\n${usage}`);
  else if (isExpected(error)) console.error(`❌ ${describe(error)}`);
  else console.error(error);
}

/** What a person can mend, or has done. */
function isExpected(error: unknown): boolean {
  const isOurs = error instanceof PrepareError || error instanceof ConfigError;
  return isOurs || isUnreachable(error) || explain(error) === interrupted.message;
}

function isUnreachable(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ETIMEDOUT"].includes(code);
}

function describe(error: unknown): string {
  return isUnreachable(error)
    ? "No server answers there: is it running (npm start)? --url names another address."
    : explain(error);
}
