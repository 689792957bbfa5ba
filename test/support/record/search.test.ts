import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSecrets } from "../../../api/adapters/system/secrets.ts";
import { makeTestFolder } from "../test-folder.ts";
import { findingsFile, secretsFile } from "./folder.ts";
import { createFrameReader } from "./frames.ts";
import { searchMessages } from "./messages.ts";
import { plant, searchRecord } from "./search.ts";

const { make } = createSecrets();
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = [part({ alg: "HS256" }), part({ sub: "user_1" }), "c2ln"].join(".");
const password = randomBytes(12).toString("hex");

describe("the search of a run's record", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makeTestFolder("search");
    await writeFile(
      join(folder, secretsFile),
      `${JSON.stringify({ kind: "a password", text: password })}\n`,
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  test.each([
    ["a JSON Web Token", token],
    ["a JSON Web Token", token.slice(0, token.lastIndexOf(".") + 1)],
    ["an API key", make("sk_")],
    ["an API key", make("pk_")],
    ["a ticket", make("tkt_")],
    ["a model's key", "sk-live-0123456789abcdef"],
    ["planted words", plant("a question")],
    ["a password", password],
  ])("finds %s, and says where without saying what", async (kind, secret) => {
    const line = JSON.stringify({ level: 30, msg: `GET /ws?token=${secret}&x=1` });
    await writeFile(join(folder, "1.log"), `{"msg":"fine"}\n${line}\n`);
    const { findings, files } = await searchRecord(folder);
    expect(findings).toEqual([{ file: join(folder, "1.log"), line: 2, kind }]);
    expect(files).toBe(1);
    expect(JSON.stringify(findings)).not.toContain(secret);
  });

  test("passes over what only looks alike", async () => {
    const lines = [make("sk_").slice(0, 11), "sk_live", "eyJhbGciOiJIUzI1NiJ9", "a planted tree"];
    await writeFile(join(folder, "1.log"), lines.join("\n"));
    expect((await searchRecord(folder)).findings).toEqual([]);
  });

  test("takes in what others have found, and files elsewhere", async () => {
    const finding = { file: "2.log", line: 7, kind: "words of a message" };
    await appendFile(join(folder, findingsFile), `${JSON.stringify(finding)}\n`);
    const other = join(folder, "..", `${randomBytes(6).toString("hex")}.log`);
    await writeFile(other, password);
    try {
      const { findings } = await searchRecord(folder, [other]);
      expect(findings).toEqual([finding, { file: other, line: 1, kind: "a password" }]);
    } finally {
      await rm(other);
    }
  });
});

describe("the words of messages", () => {
  const question = 'How deep do I sow beans,\nand "when"?';
  const answer = "Two fingers deep, and not more. ".repeat(5);
  const search = (fields: object, name = "") =>
    searchMessages("1.log", `{}\n${name}${JSON.stringify(fields)}`, [question, answer]);

  test("are found as a whole, escaped or not, and in parts of a long one", () => {
    const found = [{ file: "1.log", line: 2, kind: "words of a message" }];
    expect(search({ err: { detail: `Failing row contains (${question})` } })).toEqual(found);
    expect(search({ texts: [{ [question]: 1 }] })).toEqual(found);
    expect(search({ question }, "API 1 │ ")).toEqual(found);
    expect(search({ text: answer.slice(10, 60) })).toEqual(found);
  });

  test("are no others", () => {
    expect(search({ msg: "How deep", text: "Two fingers" })).toEqual([]);
    const own = "The language model is not available at the moment";
    expect(searchMessages("1.log", own, [own])).toEqual([]);
  });
});

test("frames are read however they are cut, and large ones passed over", () => {
  const frame = (first: number, text: string) => {
    const size = Buffer.byteLength(text);
    const head = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
    head.writeUInt8(first, 0);
    head.writeUInt8(size < 126 ? size : size < 65_536 ? 126 : 127, 1);
    if (head.length === 4) head.writeUInt16BE(size, 2);
    if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const bytes = Buffer.concat([
    frame(0x81, "one"),
    frame(0x81, "x".repeat(70_000)),
    frame(0x89, "ping"),
    frame(0x81, "y".repeat(300)),
    frame(0x88, "..reason"),
  ]);
  for (const size of [1, 7, 1000, bytes.length]) {
    const texts: string[] = [];
    const reader = createFrameReader((text) => texts.push(text));
    for (let at = 0; at < bytes.length; at += size) reader.feed(bytes.subarray(at, at + size));
    expect(texts).toEqual(["one", "y".repeat(300), "reason"]);
  }
});

describe("a run", { timeout: 60_000 }, () => {
  test("whose log holds a token fails, though its tests pass", async () => {
    const { code, output } = await runVitest({ LEAKED: token });
    expect(output).toMatch(/Tests\s+2 passed/);
    expect(output).toMatch(/parts\.log:2: a JSON Web Token/);
    expect(output).not.toContain(token);
    expect(code).toBe(1);
    const [folder = ""] =
      /\S*miptech-test-record-\S+/.exec(output.split("next run in")[1] ?? "") ?? [];
    await rm(folder, { recursive: true });
  });

  test("whose log holds none passes", async () => {
    const { code, output } = await runVitest({});
    expect(output).toContain("No secret and no message");
    expect(code).toBe(0);
  });
});

describe("a run's frames", { timeout: 60_000 }, () => {
  const pong = { type: "pong", data: { timestamp: "2026-01-01T12:00:00.000Z" } };
  const wrong: [what: string, env: Record<string, unknown>, fault: string][] = [
    [
      "a field that is not described",
      { FRAME: { type: "pong", data: { ...pong.data, extra: 1 } } },
      "from the server: pong: /data must NOT have additional properties: extra",
    ],
    ["a field that is missing", { FRAME: { type: "pong", data: {} } }, "required property"],
    ["an unknown type", { FRAME: { type: "pongs", data: {} } }, "a type that is not described"],
  ];
  test.each(wrong)("fail it for %s, though its tests pass", async (_what, env, fault) => {
    const { code, output } = await runVitest(asTexts(env));
    expect(output).toMatch(/Tests\s+2 passed/);
    expect(output).toContain("Frames of this run are not as /asyncapi.json has them");
    expect(output).toContain(fault);
    expect(code).toBe(1);
  });

  test("pass where a client adds a field of its own", async () => {
    const more = { FRAME: pong, CLIENT_FRAME: { type: "ping", data: { extra: 1 } } };
    const { code, output } = await runVitest(asTexts(more));
    expect(output).toContain("All frames were as /asyncapi.json has them (4)");
    expect(code).toBe(0);
  });

  test("pass where they are as described, or refused by the parser", async () => {
    const { code, output } = await runVitest(asTexts({ FRAME: pong, CLIENT_FRAME: { type: "x" } }));
    expect(output).toContain("All frames were as /asyncapi.json has them (2)");
    expect(code).toBe(0);
  });
});

function asTexts(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]),
  );
}

/** Runs the run of the folder leaking-run. */
function runVitest(env: Record<string, string>): Promise<{ code: number; output: string }> {
  const root = join(import.meta.dirname, "../../..");
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const config = join(import.meta.dirname, "leaking-run/vitest.config.ts");
  const options = { cwd: root, env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env } };
  return new Promise((resolve) => {
    const args = [vitest, "run", "--config", config];
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}
