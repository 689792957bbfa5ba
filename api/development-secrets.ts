import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a server signs and is administered with. */
export interface Secrets {
  readonly secretKey: string;
  readonly jwtSecretKey: string;
  readonly adminToken: string;
}

const names = ["secretKey", "jwtSecretKey", "adminToken"] as const satisfies (keyof Secrets)[];

/**
 * The secrets of a development server, from `secrets.json` in its data folder. Those that the file
 * lacks, since it is not there or was written by an older version, are made and kept in it.
 * @throws Error that names the file when it can't be read.
 */
export function keepSecrets(dataDir: string): Secrets {
  const kept = readSecrets(dataDir);
  const make = () => randomBytes(32).toString("base64url");
  const secrets = {
    secretKey: kept.secretKey ?? make(),
    jwtSecretKey: kept.jwtSecretKey ?? make(),
    adminToken: kept.adminToken ?? make(),
  };
  if (names.some((name) => kept[name] === undefined)) writeSecrets(dataDir, secrets);
  return secrets;
}

/** Those that were kept before; nothing is made. @throws as keepSecrets */
export function readSecrets(dataDir: string): Partial<Secrets> {
  const path = join(dataDir, "secrets.json");
  const value = parseFile(path);
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) throw unreadable(path);
  const texts = Object.entries(value).filter(([, text]) => typeof text === "string" && text !== "");
  return Object.fromEntries(texts);
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause?: unknown): Error {
  return new Error(`${path} can't be read: remove it to have new secrets made`, { cause });
}

/** In one step, so that whoever reads meanwhile finds the old file or the new one. */
function writeSecrets(dataDir: string, secrets: Secrets): void {
  const path = join(dataDir, "secrets.json");
  const draft = `${path}.${process.pid}`;
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}
