import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepRunning, type Exit, type Program } from "../../../scripts/cluster/keeper.ts";

/** A program that says that it is up and lives until it is ended, unless `code` says otherwise. */
function programOf(code = "setInterval(() => {}, 1000)"): Program {
  return {
    name: "The program",
    command: process.execPath,
    args: ["-e", `console.log("up at last"); ${code}`],
    cwd: import.meta.dirname,
    env: process.env,
    up: /up at (last)/,
    graceMs: 300,
  };
}

function keep(program: Program) {
  const ups: number[] = [];
  const exits: Exit[] = [];
  let wake = (): void => undefined;
  const kept = keepRunning(program, {
    line: () => undefined,
    born: () => undefined,
    up(match, pid) {
      expect(match[1]).toBe("last");
      ups.push(pid);
      wake();
    },
    ended: (exit) => void exits.push(exit),
  });
  const whenUp = async (times: number) => {
    while (ups.length < times) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { kept, ups, exits, whenUp };
}

test("a program that dies is started again, until it is stopped", async () => {
  const { kept, ups, exits, whenUp } = keep(programOf());
  await whenUp(1);
  await kept.firstUp;
  process.kill(kept.pid ?? 0, "SIGKILL");
  await whenUp(2);
  expect(kept.pid).toBe(ups[1]);
  process.kill(kept.pid ?? 0, "SIGSTOP"); // a frozen one can be stopped too
  await kept.stop();
  expect(exits).toEqual([
    { pid: ups[0], how: "SIGKILL" },
    { pid: ups[1], how: "SIGTERM" },
  ]);
  expect(kept.pid).toBeUndefined();
});

test("one that doesn't end within its grace time is killed", async () => {
  const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
  const program = programOf();
  // Up only when the signal is caught.
  const { kept, exits, whenUp } = keep({
    ...program,
    args: ["-e", `${stubborn}; console.log("up at last")`],
  });
  await whenUp(1);
  await kept.stop();
  expect(exits.map(({ how }) => how)).toEqual(["SIGKILL"]);
});

test("one that ends before it was up is given up, and so is one that isn't there", async () => {
  const failing = keep({ ...programOf(), args: ["-e", "process.exit(3)"] });
  await expect(failing.kept.firstUp).rejects.toThrow("The program did not start (3).");
  await failing.kept.stop();
  const absent = keep({ ...programOf(), command: "no-such-program" });
  await expect(absent.kept.firstUp).rejects.toThrow("ENOENT");
  expect([failing.ups, absent.ups]).toEqual([[], []]);
});

test("what a killed supervisor leaves behind is ended", async () => {
  const file = join(import.meta.dirname, "../../../scripts/cluster/orphan-watch.ts");
  const sleeper = programOf();
  const supervisor = `
    const { spawn } = await import("node:child_process");
    const { startOrphanWatch } = await import(${JSON.stringify(file)});
    const orphans = startOrphanWatch();
    const one = spawn(process.execPath, ${JSON.stringify(sleeper.args)}, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
    one.stdout.once("data", () => { orphans.add(one.pid); console.log(one.pid); });
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", supervisor], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Held open by the watch too, whose end comes when it has ended what was left.
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const pid = Number(line);
  expect(process.kill(pid, 0)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
