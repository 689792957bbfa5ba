import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A place of the program that a test changes, to see that it notices. */
export interface Patch {
  readonly file: string;
  /** Must be there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** What `node api/main.ts` needs besides its packages. */
const parts = ["api", "migrations", "package.json", "tsconfig.json"];

/**
 * Copies the program of `root` into `folder`, with these changes.
 * @throws Error when a patch doesn't fit the program any more.
 */
export async function buildPatched(
  patches: readonly Patch[],
  root: string,
  folder: string,
): Promise<void> {
  for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  for (const { file, find, replace } of patches) {
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
