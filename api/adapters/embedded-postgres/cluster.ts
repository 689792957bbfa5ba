import {
  appendFile,
  chown,
  lstat,
  mkdtemp,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { AdminLogin } from "./admin.ts";
import { runCommand, type OsUser } from "./command.ts";
import { canEnter, makeSharedFolder, type Host } from "./host.ts";

/** The file in a cluster that holds our settings; written anew before each start. */
export const settingsFile = "platform.conf";

/**
 * The real path of the cluster of this `dataDir`, or undefined when there is none yet.
 * @throws Error that says what to do, when something else stands in its place
 */
export async function findCluster(dataDir: string): Promise<string | undefined> {
  const place = join(dataDir, "postgres");
  const entry = await lstat(place).catch(() => undefined);
  if (!entry) return undefined;
  const cluster = await realpath(place).catch(() => undefined);
  if (!cluster) {
    throw new Error(
      `${place} points to a folder that is gone. Delete it to start with an empty database.`,
    );
  }
  const names = await readdir(cluster).catch((cause: unknown) => {
    throw new Error(
      `The database folder ${place} belongs to another user: start the platform as that user, ` +
        `or delete the folder to start with an empty database.`,
      { cause },
    );
  });
  if (names.includes("PG_VERSION")) return cluster;
  if (names.length > 0) throw new Error(`${place} exists and is no PostgreSQL data folder.`);
  await rmdir(cluster);
  return undefined;
}

/**
 * Makes the cluster. It comes into being under another name; the rename, or the link where it lies
 * outside `dataDir`, is the moment from which it counts, so what a killed run leaves is never used.
 * @param sync false saves the time to write through to the disk (for tests)
 * @returns its real path
 */
export async function createCluster(
  dataDir: string,
  host: Host,
  admin: AdminLogin,
  sync: boolean,
  report: (line: string) => void,
): Promise<string> {
  report("Creating the database (first run) …");
  await removeHalfMade(dataDir);
  const place = join(dataDir, "postgres");
  const inside = await makeWorkFolder(dataDir, host.user);
  if (inside) {
    await fillAndRename(inside, place, host, admin, sync);
    return realpath(place);
  }
  const shared = await makeSharedFolder(dataDir);
  await removeHalfMade(shared);
  const outside = await makeWorkFolder(shared, host.user);
  if (!outside) throw new Error(`The user ${host.user?.name} can't use the folder ${shared}.`);
  const cluster = join(shared, `postgres-${randomBytes(4).toString("hex")}`);
  await fillAndRename(outside, cluster, host, admin, sync);
  await symlink(cluster, place);
  report(`The user ${host.user?.name} can't enter ${dataDir}, so the database is in ${cluster}.`);
  return cluster;
}

/** @throws Error that says what to do, when the server's user can't use an existing cluster */
export async function assertUsable(cluster: string, user: OsUser | undefined): Promise<void> {
  const { uid } = await stat(cluster);
  const wanted = user?.uid ?? process.getuid?.();
  if (wanted !== undefined && uid !== wanted) {
    throw new Error(
      `The database folder ${cluster} belongs to the user with the number ${uid}, but PostgreSQL ` +
        `would run as number ${wanted}. Give it back with: chown -R ${wanted} '${cluster}'`,
    );
  }
  if (user && !(await canEnter(cluster, user))) {
    throw new Error(
      `PostgreSQL's user ${user.name} can't enter ${cluster} any more: ` +
        `make each folder above it enterable (chmod o+x).`,
    );
  }
}

const workPrefix = "postgres.new-";

/** Its initdb may still be running; it then fails, for the next try has a folder of another name. */
async function removeHalfMade(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(workPrefix)) continue;
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 20 });
  }
}

/** Undefined when the user can't work in a folder there. */
async function makeWorkFolder(
  parent: string,
  user: OsUser | undefined,
): Promise<string | undefined> {
  const work = await mkdtemp(join(parent, workPrefix));
  if (!user) return work;
  // Some shared and network file systems refuse to give a folder away, or only pretend to do it.
  await chown(work, user.uid, user.gid).catch((error: unknown) => error);
  if ((await stat(work)).uid === user.uid && (await canEnter(work, user))) return work;
  await rm(work, { recursive: true });
  return undefined;
}

async function fillAndRename(
  work: string,
  cluster: string,
  host: Host,
  admin: AdminLogin,
  sync: boolean,
): Promise<void> {
  try {
    const data = join(work, "data");
    await runInitdb(work, data, host, admin, sync);
    await appendFile(join(data, "postgresql.conf"), `\ninclude_if_exists '${settingsFile}'\n`);
    await rename(data, cluster);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function runInitdb(
  work: string,
  data: string,
  host: Host,
  admin: AdminLogin,
  sync: boolean,
): Promise<void> {
  const passwordFile = join(work, "password");
  await writeFile(passwordFile, `${admin.password}\n`, { mode: 0o600 });
  if (host.user) await chown(passwordFile, host.user.uid, host.user.gid);
  const args = [
    `--pgdata=${data}`,
    `--username=${admin.user}`,
    `--pwfile=${passwordFile}`,
    "--auth-host=scram-sha-256",
    "--auth-local=reject",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    ...systemLocale(),
    ...(sync ? [] : ["--no-sync"]),
  ];
  const { code, output } = await runCommand(host.binaries.initdb, args, {
    user: host.user,
    cwd: work,
  });
  if (code === 0) return;
  throw new Error(`PostgreSQL's initdb failed (${code ?? "ended by a signal"}):\n${output.trim()}`);
}

/** Text search asks the system's locale what a letter is; plain C knows none beyond ASCII. */
function systemLocale(): string[] {
  if (process.platform === "win32") return []; // the account's own; any goes with UTF-8 there
  return [process.platform === "darwin" ? "--locale=en_US.UTF-8" : "--locale=C.UTF-8"];
}
