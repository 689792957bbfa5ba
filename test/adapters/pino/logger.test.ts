import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createSecrets } from "../../../api/adapters/system/secrets.ts";

const root = join(import.meta.dirname, "../../..");
const { make } = createSecrets();
const key = make("sk_");
const ticket = make("tkt_");
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = `${part({ alg: "none" })}.${part({ sub: "user_1" })}.`;
const words = "what somebody said";

/** Logs with a logger of its own in a process, and gives what it printed. */
async function logInProcess(structured: boolean): Promise<string> {
  const program = `
    import { createLogger } from "./api/adapters/pino/logger.ts";
    const logger = createLogger({ level: "debug", structured: ${structured} });
    const [key, ticket, token, words] = process.argv.slice(1);
    const error = Object.assign(new Error("refused"), { code: "23514", severity: "ERROR", detail: words });
    logger.error({ err: error, tenant_id: "acme" }, "A frame failed");
    logger.warn({ host: "login.example?token=" + token, list: [key] }, "shown: " + ticket);
    logger.info({ token: words, authorization: words, headers: { cookie: words } }, "redacted");
    logger.debug({ prefix: key.slice(0, 11) }, "the last line");
  `;
  const args = ["--input-type=module", "-e", program, key, ticket, token, words];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return stdout;
}

test.each([
  ["for machines", true],
  ["for people", false],
])("lines %s hold no secret and nothing of what an error carries", async (_, structured) => {
  const printed = await logInProcess(structured);
  for (const secret of [key, ticket, token, words]) expect(printed).not.toContain(secret);
  for (const told of ["A frame failed", "refused", "23514", "acme", "[secret]"])
    expect(printed).toContain(told);
  // By the beginning of a key people tell theirs apart.
  expect(printed).toContain(key.slice(0, 11));
  expect(printed).toContain("the last line");
});

test("lines for machines are objects, also where something was taken out", async () => {
  const lines = (await logInProcess(true)).trim().split("\n");
  expect(lines.map((line) => Object(JSON.parse(line)).msg)).toEqual([
    "A frame failed",
    "shown: [secret]",
    "redacted",
    "the last line",
  ]);
});
