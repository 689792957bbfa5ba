import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const words = "what somebody said";

/** Runs a program to its end. @param body of an async function in which `error` carries those words */
function run(body: string): Promise<{ code: number; stderr: string }> {
  const program = `
    import { runProgram } from "./api/main.ts";
    const [words] = process.argv.slice(1);
    const error = Object.assign(new Error("It failed"), { code: "23514", severity: "ERROR", detail: words });
    await runProgram(async () => { ${body} });
  `;
  const args = ["--input-type=module", "-e", program, words];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, _stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stderr }),
    );
  });
}

const never = "await new Promise((resolve) => setTimeout(resolve, 60_000));";

test.each([
  ["what a program throws", "throw error;"],
  ["its causes", "throw new Error('It failed', { cause: error });"],
  ["what nobody caught", `setTimeout(() => { throw error; }); ${never}`],
  ["a rejection that nobody caught", `void Promise.reject(error); ${never}`],
])("%s ends it, and is told without what it carries", async (_, body) => {
  const { code, stderr } = await run(body);
  expect(code).toBe(1);
  expect(stderr).toMatch(/❌ [^]*It failed/);
  expect(stderr).toContain("23514");
  expect(stderr).not.toContain(words);
});

test("a rejection without an error is told without its reason", async () => {
  const { code, stderr } = await run(`void Promise.reject(words); ${never}`);
  expect(code).toBe(1);
  expect(stderr).toContain("ERR_UNHANDLED_REJECTION");
  expect(stderr).not.toContain(words);
});
