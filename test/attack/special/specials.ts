import { explain, PrepareError } from "../scene/preparer.ts";
import type { Stage } from "../trial/stage.ts";
import { mixInOneQuery } from "./aliases.ts";
import { borrowNames } from "./borrowed-names.ts";
import { mixProofs } from "./mixed-proofs.ts";
import { nameNoTenant } from "./nameless.ts";
import { createNotebook, type Special } from "./notebook.ts";
import { replayIds } from "./replays.ts";
import { askAboutDocuments } from "./search.ts";
import { misspellTenants } from "./tenant-names.ts";
import { misuseTickets } from "./tickets.ts";

/** Those that hang on who may open a chat, which are done once more where its link opens it. */
const aboutChats = [mixInOneQuery, replayIds];
const others = [
  askAboutDocuments,
  borrowNames,
  misspellTenants,
  misuseTickets,
  mixProofs,
  nameNoTenant,
];

/** What no description of the doors gives. @param isMeant whether one of that name is to run */
export async function runSpecials(stage: Stage, isMeant: (name: string) => boolean): Promise<void> {
  const isLink = stage.sides.access === "link";
  const all = isLink ? aboutChats : [...aboutChats, ...others];
  for (const special of all.filter(({ name }) => isMeant(name))) await run(stage, special);
}

async function run(stage: Stage, special: Special): Promise<void> {
  try {
    await special.run(stage, createNotebook(stage, special.name));
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    const text = explain(error);
    stage.tally.find({ kind: "failure", what: special.name, who: "the owner", text });
  }
}
