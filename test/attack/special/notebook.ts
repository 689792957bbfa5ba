import type { Asker } from "../credential.ts";
import type { DoorName } from "../doors/door.ts";
import type { Exchange } from "../doors/answer.ts";
import type { Things } from "../filling/id-kinds.ts";
import type { Case } from "../tally.ts";
import { isLimited, judge } from "../trial/judge.ts";
import type { Stage } from "../trial/stage.ts";

/** A trial that no description of the doors gives: it has a name of its own, and counts under that. */
export interface Special {
  readonly name: string;
  /** @throws PrepareError */
  run(stage: Stage, notebook: Notebook): Promise<void>;
}

export interface Note {
  readonly asker: Asker;
  readonly expectation: "refused" | "own";
  /** What is odd about it. */
  readonly how: string;
  readonly real: Exchange;
  readonly twin?: Exchange | undefined;
  readonly things?: Things;
  readonly twins?: Things;
}

/** Takes what was tried at one door, and judges it. */
export interface Notebook {
  note(door: DoorName, note: Note): void;
  /** Ends the page of that door: its cases count when the owner succeeded. */
  end(door: DoorName, isDone: boolean): void;
}

export function createNotebook({ sides, marks, tally }: Stage, name: string): Notebook {
  const pages = new Map<DoorName, Case[]>();
  tally.expect(name);
  return {
    note(door, { asker, expectation, how, real, twin, things = {}, twins = {} }) {
      const what = `${name} [${how}] at ${door}`;
      const judged = { asker, expectation, real, twin, things, twins };
      judge({ marks, tally, victimId: sides.victim.id }, what, judged);
      const cases = pages.get(door) ?? [];
      cases.push({ asker, isLimited: isLimited(real) });
      pages.set(door, cases);
    },
    end(door, isDone) {
      tally.add(name, door, pages.get(door) ?? [], isDone);
      pages.delete(door);
    },
  };
}
