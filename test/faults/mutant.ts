import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A part of the program that a run can be made without, to see that the run notices. */
export type Safeguard = keyof typeof patches;

interface Patch {
  readonly file: string;
  /** Must be there exactly once. */
  readonly find: string;
  readonly replace: string;
}

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

/** What `node api/main.ts` needs besides its packages. */
const parts = ["api", "migrations", "package.json", "tsconfig.json"];

/**
 * Copies the program into `folder`, without that safeguard.
 * @throws Error when a patch doesn't fit the program any more.
 */
export async function buildWithout(
  safeguard: Safeguard,
  root: string,
  folder: string,
): Promise<void> {
  for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  for (const { file, find, replace } of patches[safeguard] as readonly Patch[]) {
    const path = join(folder, file);
    const text = await readFile(path, "utf8");
    const count = text.split(find).length - 1;
    if (count !== 1)
      throw new Error(
        `The patch of ${file} fits ${count} times, not once: ${JSON.stringify(find)}`,
      );
    await writeFile(
      path,
      text.replace(find, () => replace),
    );
  }
}
