import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { locateBinaries, type PostgresBinaries } from "./binaries.ts";
import { runCommand, type OsUser } from "./command.ts";

/** Who runs PostgreSQL on this machine, from which programs. */
export interface Host {
  /** Present when we are root, as which PostgreSQL refuses to run. */
  user: OsUser | undefined;
  binaries: PostgresBinaries;
}

/**
 * Decides who runs PostgreSQL: the current user, or for root the owner of the existing `cluster`, the
 * system's user `postgres`, or one made now. Programs that this user can't reach (the project lies
 * below a private home) are copied to where it can.
 * @param cluster the data folder of an earlier start
 * @throws Error that says what to do, when no user can be had or the programs are not installed
 */
export async function findHost(
  dataDir: string,
  cluster: string | undefined,
  report: (line: string) => void,
): Promise<Host> {
  const binaries = await locateBinaries();
  if (process.getuid?.() !== 0) return { user: undefined, binaries };
  const user = (cluster && (await findOwner(cluster))) || (await findServerUser(report));
  if (await canRun(binaries, user)) return { user, binaries };
  const copied = await copyBinaries(binaries, await makeSharedFolder(dataDir), report);
  if (await canRun(copied, user)) return { user, binaries: copied };
  throw new Error(`The user ${user.name} can't run ${copied.initdb}. ${wayOut}`);
}

/** True when `user` can enter the folder by its path. */
export async function canEnter(folder: string, user: OsUser): Promise<boolean> {
  const args = ["-c", 'cd "$1"', "sh", folder];
  return (await runCommand("/bin/sh", args, { user })).code === 0;
}

/**
 * A folder outside any home for what the server's user can't reach in `dataDir`: always the same one
 * for the same `dataDir`, owned by root and enterable by all.
 */
export async function makeSharedFolder(dataDir: string): Promise<string> {
  const name = `miptech-${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}`;
  for (const parent of ["/var/lib", "/var/tmp"]) {
    const folder = join(parent, name);
    await mkdir(folder).catch((error: unknown) => error); // what matters is what stands there then
    const found = await lstat(folder).catch(() => undefined);
    // /var/tmp is everyone's: a folder of this name that isn't root's may be a trap.
    if (!found?.isDirectory() || found.uid !== 0) continue;
    await chmod(folder, 0o711);
    return folder;
  }
  throw new Error(
    `The server's user can't enter ${dataDir}, and nothing can be made in /var/lib. ${wayOut}`,
  );
}

const wayOut =
  "PostgreSQL refuses to run as root: start the platform as an ordinary user, " +
  "or set DATABASE_URL to a PostgreSQL server that runs already.";
const serverUser = "postgres";

async function findOwner(cluster: string): Promise<OsUser | undefined> {
  const { uid, gid } = await stat(cluster);
  return uid === 0 ? undefined : { name: `with the number ${uid}`, uid, gid };
}

async function findServerUser(report: (line: string) => void): Promise<OsUser> {
  const present = await lookUpUser();
  if (present) return present;
  report(`Creating the system user ${serverUser}, since PostgreSQL refuses to run as root …`);
  const system = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  const problems: string[] = [];
  for (const group of [["--user-group"], ["--gid", serverUser]]) {
    const made = await runCommand("useradd", [...system, ...group, serverUser], {
      user: undefined,
    }).catch((error: Error) => ({ code: undefined, output: error.message }));
    if (made.code === 0) break;
    problems.push(made.output.trim() || `useradd ended with code ${made.code}`);
  }
  const user = await lookUpUser();
  if (!user) throw new Error(`No system user could be made (${problems.join("; ")}). ${wayOut}`);
  return user;
}

async function lookUpUser(): Promise<OsUser | undefined> {
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map((flag) => runCommand("id", [flag, serverUser], { user: undefined })),
  );
  if (uid?.code !== 0 || gid?.code !== 0) return undefined;
  return { name: serverUser, uid: Number(uid.output), gid: Number(gid.output) };
}

async function canRun(binaries: PostgresBinaries, user: OsUser): Promise<boolean> {
  try {
    return (await runCommand(binaries.initdb, ["--version"], { user })).code === 0;
  } catch (error) {
    if (isSystemError(error) && error.code === "EACCES") return false;
    throw new Error(`Nothing can be run as the user ${user.name}. ${wayOut}`, { cause: error });
  }
}

async function copyBinaries(
  binaries: PostgresBinaries,
  folder: string,
  report: (line: string) => void,
): Promise<PostgresBinaries> {
  const { version } = JSON.parse(
    await readFile(join(dirname(binaries.native), "package.json"), "utf8"),
  ) as { version: string };
  const native = join(folder, `native-${version}`);
  const copied = {
    native,
    initdb: join(native, "bin", basename(binaries.initdb)),
    pgCtl: join(native, "bin", basename(binaries.pgCtl)),
  };
  if (await stat(copied.initdb).catch(() => undefined)) return copied;
  report(`Copying PostgreSQL's programs to ${native}, where their user can reach them …`);
  const staging = await mkdtemp(join(folder, "native.new-"));
  try {
    await cp(binaries.native, join(staging, "native"), { recursive: true, verbatimSymlinks: true });
    await runCommand("chmod", ["-R", "a+rX", staging], { user: undefined });
    await rename(join(staging, "native"), native);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return copied;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}
