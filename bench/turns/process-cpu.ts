import { readdir, readFile } from "node:fs/promises";
import { Client } from "pg";

/** The unit of /proc/…/stat, in microseconds: USER_HZ is 100 on every Linux that Node runs on. */
const tick = 10_000;

interface Times {
  readonly pid: number;
  readonly parent: number;
  /** Microseconds of its own. */
  readonly own: number;
  /** Of its children that have ended. */
  readonly ended: number;
}

/**
 * CPU time of a process and all its children, also of those that have ended, in microseconds; it can be read on Linux
 * alone. NaN elsewhere.
 */
export async function readFamilyCpu(pid: number): Promise<number> {
  if (process.platform !== "linux") return NaN;
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = (await Promise.all(names.map(readTimes))).filter((one) => one !== undefined);
  return all
    .filter((one) => one.pid === pid || one.parent === pid)
    .reduce((sum, one) => sum + one.own + (one.pid === pid ? one.ended : 0), 0);
}

/** Undefined for a process that has ended meanwhile. */
async function readTimes(name: string): Promise<Times | undefined> {
  const text = await readFile(`/proc/${name}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is a name in brackets that may hold spaces; the third is the first here.
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [, parent = 0] = fields;
  const [own = 0, system = 0, ended = 0, endedSystem = 0] = fields.slice(11, 15);
  return {
    pid: Number(name),
    parent,
    own: (own + system) * tick,
    ended: (ended + endedSystem) * tick,
  };
}

/** The process whose children do PostgreSQL's work. */
export async function readPostmasterPid(server: {
  readonly port: number;
  readonly adminUser: string;
  readonly adminPassword: string;
}): Promise<number> {
  const { port, adminUser: user, adminPassword: password } = server;
  const client = new Client({ host: "127.0.0.1", port, user, password, database: "postgres" });
  await client.connect();
  try {
    const { rows } = await client.query<{ text: string }>(
      "select pg_read_file('postmaster.pid') as text",
    );
    return Number(rows[0]?.text.split("\n", 1)[0]);
  } finally {
    await client.end();
  }
}
