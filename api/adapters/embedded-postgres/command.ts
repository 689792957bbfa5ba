import { spawn } from "node:child_process";

/** A user of the operating system that a command runs as. */
export interface OsUser {
  name: string;
  uid: number;
  gid: number;
}

export interface CommandOptions {
  /** Only root can set it; absent: the current user. */
  user: OsUser | undefined;
  /** Has to be enterable by `user`; absent: the root folder. */
  cwd?: string;
  /** A file descriptor that takes the output, as a command needs whose children live on. */
  log?: number;
  /** Out of the terminal's process group, so that Ctrl-C does not reach it. */
  detached?: boolean;
}

export interface CommandResult {
  /** Undefined when a signal ended the command. */
  code: number | undefined;
  /** Both streams in the order of arrival; empty when they went to `log`. */
  output: string;
}

/**
 * Runs a program without a shell and waits for its end. Its environment has no secret of ours and
 * nothing that changes what PostgreSQL's programs do (`PGDATA`, `PGPORT`, …).
 * @throws the system's error when the program can't be run at all (ENOENT, EACCES, EPERM)
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const { user, cwd, log, detached } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(user && { uid: user.uid, gid: user.gid }),
      cwd: cwd ?? (process.platform === "win32" ? undefined : "/"),
      env: pickEnvironment(),
      stdio: log === undefined ? ["ignore", "pipe", "pipe"] : ["ignore", log, log],
      detached: detached ?? false,
      windowsHide: true,
    });
    let output = "";
    const collect = (text: Buffer): void => {
      output += text.toString();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? undefined, output }));
  });
}

const keptVariables = ["PATH", "HOME", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];
const keptOnWindows = ["SystemRoot", "TEMP", "TMP", "APPDATA", "USERPROFILE", "ComSpec"];

function pickEnvironment(): NodeJS.ProcessEnv {
  const picked: NodeJS.ProcessEnv = {};
  for (const name of [...keptVariables, ...keptOnWindows]) {
    if (process.env[name] !== undefined) picked[name] = process.env[name];
  }
  // Root's programs are missing from the path of a root that was become by a bare su.
  if (process.platform !== "win32") picked["PATH"] = `${picked["PATH"] ?? ""}:/usr/sbin:/sbin`;
  // PostgreSQL on macOS refuses to start without a locale, and English messages can be searched.
  picked["LC_ALL"] = "C";
  return picked;
}
