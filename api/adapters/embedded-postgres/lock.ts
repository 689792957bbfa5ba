import { createHash } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Held while a process uses a data folder. */
export interface DataLock {
  release(): Promise<void>;
}

/**
 * Takes a data folder for this process, so that no two start its server at once, and nobody adopts,
 * and in the end stops, the server of a living run. The lock is a socket that we listen on: the
 * system closes it with the process, however that ends, so it can't be stale as a file with a
 * process number can.
 * @param dataDir its real path
 * @throws Error that names the other process when one uses the folder
 */
export async function lockDataDir(dataDir: string): Promise<DataLock> {
  const name = `miptech-${createHash("sha256").update(dataDir).digest("hex").slice(0, 24)}`;
  const address = formatAddress(name);
  for (let canBeStale = isFile(address); ; canBeStale = false) {
    const server = await tryListen(address);
    if (server) return { release: () => close(server) };
    const owner = await askOwner(address);
    if (owner === undefined && canBeStale) {
      await rm(address, { force: true }); // the socket file of a killed process
      continue;
    }
    const who = owner ? ` (process ${owner})` : "";
    throw new Error(`${dataDir} is in use by another run of the platform${who}.`);
  }
}

function formatAddress(name: string): string {
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  if (process.platform === "linux") return `\0${name}`; // known to the kernel alone, without a file
  return join(tmpdir(), `${name}.sock`);
}

const isFile = (address: string): boolean => address.startsWith("/");

/** Undefined when the address is taken. */
async function tryListen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy()); // whoever asked has gone
    socket.end(String(process.pid));
  });
  server.listen(address);
  try {
    await once(server, "listening");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return undefined;
    throw error;
  }
  server.unref(); // a lock alone keeps no process alive
  return server;
}

/** The number of the process that holds the lock; empty when it doesn't say; undefined when none. */
function askOwner(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(address);
    socket.setTimeout(2_000, () => socket.destroy()); // it lives, but is stopped or busy
    socket.on("data", (text) => (answer += text.toString()));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      resolve(["ECONNREFUSED", "ENOENT"].includes(error.code ?? "") ? undefined : answer),
    );
    socket.once("close", () => resolve(answer));
  });
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  await closed;
}
