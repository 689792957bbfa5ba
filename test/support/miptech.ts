import { execFile } from "node:child_process";
import { join } from "node:path";
import { adminToken } from "./platform.ts";

const script = join(import.meta.dirname, "../../scripts/miptech.ts");

export interface CommandResult {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

export interface CommandOptions {
  /** The server's. */
  readonly url?: string;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** Runs `miptech ARGS` to its end, as the admin of a test's platform. */
export function runMiptech(
  args: readonly string[],
  { url, cwd = import.meta.dirname, env = {} }: CommandOptions = {},
): Promise<CommandResult> {
  const address = url === undefined ? [] : ["--url", url];
  const options = {
    cwd,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: join(cwd, "no-such-data"),
      ADMIN_TOKEN: adminToken,
      ...env,
    },
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args, ...address], options, (error, out, err) => {
      resolve({ code: error?.code ?? error?.signal ?? 0, out, err });
    });
  });
}
