import { randomText } from "./filling/random-id.ts";
import { createMarks } from "./marks.ts";
import type { Thoroughness } from "./options.ts";
import { runPass } from "./pass.ts";
import { createPreparer, explain } from "./scene/preparer.ts";
import { makeAttacker, makeVictim } from "./scene/sides.ts";
import { createStages } from "./scene/stages.ts";
import { deleteTenant } from "./scene/tenant.ts";
import { readSurface } from "./surface/surface.ts";
import { createTally, type Tally } from "./tally.ts";

export interface AttackOptions {
  /** The server that is attacked, without a slash at its end. */
  readonly url: string;
  /** Where the scene is prepared: another server on the same data, for one that is broken on purpose. */
  readonly prepareUrl: string;
  readonly apiPrefix: string;
  readonly adminToken: string;
  /** Of the order of the trials. */
  readonly seed: number;
  readonly thoroughness: Thoroughness;
  /** Of what the names must hold a part of; undefined: everything. */
  readonly only: string | undefined;
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
  /** Called with the tenants' ids before anything is asked of the attacked server. @returns its address */
  readonly onScene?: (ids: { victim: string; attacker: string }) => Promise<string>;
}

export interface AttackReport {
  readonly tally: Tally;
  /** Both, which were deleted at the end. */
  readonly tenants: readonly string[];
  readonly schemaSource: string;
}

/** Attacks a running server with two tenants of its own. @throws Error when the scene can't be prepared */
export async function runAttack(options: AttackOptions): Promise<AttackReport> {
  const { prepareUrl, apiPrefix, adminToken, thoroughness, say } = options;
  const run = randomText(8);
  const ids = { victim: `attack-${run}-v`, attacker: `attack-${run}-a` };
  const preparer = createPreparer(prepareUrl, apiPrefix, adminToken);
  const marks = createMarks(ids.victim);
  const tally = createTally();
  const made: string[] = [];
  try {
    const onMade = (id: string) => void made.push(id);
    const victim = await makeVictim(preparer, marks, ids.victim, onMade);
    const attacker = await makeAttacker(preparer, ids.attacker, onMade);
    const surface = await readSurface(prepareUrl, ids.victim);
    const url = options.onScene ? await options.onScene(ids) : options.url;
    const world = { url, run, victim, attacker, preparer, marks, tally, thoroughness };
    const stages = createStages(world);
    await runPass(stages("visitor"), surface.operations, options);
    if (thoroughness !== "quick") await runPass(stages("link"), surface.operations, options);
    return { tally, tenants: made, schemaSource: surface.schemaSource };
  } finally {
    for (const id of made) {
      await deleteTenant(preparer, id).catch((error: unknown) =>
        say(`The tenant ${id} could not be deleted: ${explain(error)}`),
      );
    }
  }
}
