import { createRandom } from "../faults/random.ts";
import type { AttackOptions } from "./attack-run.ts";
import { compareLedgers, readStanding } from "./scene/ledger.ts";
import { PrepareError } from "./scene/preparer.ts";
import { setChatAccess } from "./scene/tenant.ts";
import { runSpecials } from "./special/specials.ts";
import type { Operation } from "./surface/operation.ts";
import type { Tally } from "./tally.ts";
import { runTrials } from "./trial/schedule.ts";
import type { Stage } from "./trial/stage.ts";
import { listTrials, runOne } from "./trial/trials.ts";

const linkText =
  "; there the id of a visitor's chat, or of nobody's, opens it by design, and of a user's never";

/** So many answers for a limit, and the server can't be attacked. */
const maxLimited = 100;

/** All trials under the stage's rule for chats. @throws PrepareError where the server's limits are in the way */
export async function runPass(
  stage: Stage,
  all: readonly Operation[],
  { only, seed, say, stop }: Pick<AttackOptions, "only" | "seed" | "say" | "stop">,
): Promise<void> {
  const { sides, preparer, tally, ledger } = stage;
  const isMeant = (name: string) => only === undefined || name.includes(only);
  await setChatAccess(preparer, sides.victim.id, sides.access);
  const operations = all.filter(({ name }) => isMeant(name));
  const random = createRandom(seed, `attack ${sides.access}`);
  const trials = random.shuffle(listTrials(stage, operations));
  const isLink = sides.access === "link";
  say(`chat_access ${sides.access}: ${trials.length} trials${isLink ? linkText : ""}`);
  const before = await readStanding(ledger);
  let done = 0;
  await runTrials(trials, async (trial) => {
    stop.throwIfAborted();
    await runOne(stage, trial);
    requireAnswers(tally);
    done += 1;
    const { cases, findings } = tally;
    if (done % 50 === 0)
      say(`  ${done} of ${trials.length}: ${cases} cases, ${findings.length} findings`);
  });
  await runSpecials(stage, isMeant);
  for (const text of compareLedgers(before, await readStanding(ledger)))
    tally.find({ kind: "changed", what: "what nobody changes", who: "one of all", text });
}

/** @throws PrepareError */
function requireAnswers({ limited }: Tally): void {
  if (limited <= maxLimited) return;
  const text =
    "The server answers too much with 429: it limits what it refuses to one address. Run it with " +
    "RATE_LIMIT_ENABLED=false for the attack, or name this machine in TRUSTED_PROXIES.";
  throw new PrepareError(text, 429);
}
