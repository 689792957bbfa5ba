import { buildPatched, type Patch } from "../support/patched-build.ts";

/** A part of the program that a run can be made without, to see that the run notices. */
export type Safeguard = keyof typeof patches;

const patches = {
  "gap-check": [
    {
      file: "api/adapters/redis/turn-streams.ts",
      find: `elseif id ~= expected then\n  return "gap"\nend`,
      replace: "end",
    },
    {
      file: "api/core/turns/stream-follower.ts",
      find: "if (offset > known) return false;",
      replace: "",
    },
  ],
  fencing: [
    {
      file: "api/turns.ts",
      find: "onLost: () => runner.fenceAll(),",
      replace: "onLost: () => undefined,",
    },
    {
      file: "api/adapters/postgres/messages.ts",
      find: "return { id, attempt, ...unfinishedAnswers };",
      replace: "return { id, ...unfinishedAnswers };",
    },
    {
      file: "api/adapters/redis/turn-streams.ts",
      find: `if id and tonumber(string.match(id, "^%d+")) > attempt then return "fenced" end`,
      replace: "",
    },
  ],
} satisfies Record<string, readonly Patch[]>;

export const safeguards = Object.keys(patches) as readonly Safeguard[];

/**
 * Copies the program into `folder`, without that safeguard.
 * @throws Error when a patch doesn't fit the program any more.
 */
export function buildWithout(safeguard: Safeguard, root: string, folder: string): Promise<void> {
  return buildPatched(patches[safeguard], root, folder);
}
