import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { openOutputRecord, recordedLogging } from "./record/output.ts";

const root = join(import.meta.dirname, "../..");

/** `npm start`, or another script, as a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  /** Everything it has printed. */
  output(): string;
  /** Resolves with the first match of what it prints; rejects when it ends without. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Runs a script of scripts/ on a data folder of its own and free ports. */
export function startProgram(
  dataDir: string,
  env: Record<string, string> = {},
  script = "start.ts",
  args: readonly string[] = [],
): Program {
  const child = spawn(process.execPath, [join(root, "scripts", script), ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: dataDir,
      PORT: "0",
      SITE_PORT: "0",
      LOG_LEVEL: "warn",
      ...recordedLogging(),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const record = openOutputRecord(script);
  let output = "";
  let wake = (): void => undefined;
  let isEnded = false;
  const read = (part: Buffer) => {
    output += String(part);
    record.add(part);
    wake();
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  const ended = new Promise<number | string>((resolve) => {
    child.on("close", (code, signal) => {
      isEnded = true;
      resolve(code ?? signal ?? "");
      wake();
    });
  });
  return {
    child,
    output: () => output,
    ended,
    async waitFor(pattern) {
      for (;;) {
        const match = pattern.exec(output);
        if (match) return match;
        if (isEnded) throw new Error(`It ended without printing ${pattern}:\n${output}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
