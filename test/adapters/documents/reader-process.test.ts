import { spawn } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createDocumentParser } from "../../../api/adapters/documents/parser.ts";
import { defaultLimits } from "../../../api/adapters/documents/limits.ts";
import { startReader } from "../../../api/adapters/documents/start-reader.ts";
import { writeEndlessPdf } from "../../support/make-pdf.ts";
import { listChildren, parse } from "./read.ts";

it("an aborted document's process is gone when the promise has settled", async () => {
  const control = new AbortController();
  const reason = new Error("The job was stopped");
  const parsing = createDocumentParser().parse(
    writeEndlessPdf(),
    "application/pdf",
    control.signal,
  );
  expect(await listChildren()).toHaveLength(1);
  control.abort(reason);
  await expect(parsing).rejects.toBe(reason);
  expect(await listChildren()).toEqual([]);
  expect(getEventListeners(control.signal, "abort")).toEqual([]);
  await expect(
    createDocumentParser().parse(writeEndlessPdf(), "application/pdf", control.signal),
  ).rejects.toBe(reason);
});

it("a document that takes too long is ended, and told so", async () => {
  await expect(parse(writeEndlessPdf(), "application/pdf", { time: 1000 })).rejects.toMatchObject({
    code: "DOCUMENT_TOO_COMPLEX",
    message: "The document takes longer to read than 1 seconds",
  });
  expect(await listChildren()).toEqual([]);
});

it("several documents at once, some of them hostile, each get their own answer", async () => {
  const deep = "[".repeat(1_000_000);
  const [good, bad, long, other] = await Promise.allSettled([
    parse("a,b\n1,2\n", "text/csv"),
    parse(deep, "application/json"),
    parse(writeEndlessPdf(), "application/pdf", { time: 2000 }),
    parse("<p>Hello", "text/html"),
  ]);
  expect(good).toMatchObject({ value: { text: "a: 1\nb: 2" } });
  expect(other).toMatchObject({ value: { text: "Hello" } });
  expect(bad).toMatchObject({ reason: { code: "INVALID_DOCUMENT" } });
  expect(long).toMatchObject({ reason: { code: "DOCUMENT_TOO_COMPLEX" } });
});

it("a process that someone else ends is no fault of the document's", async () => {
  const signal = new AbortController().signal;
  const kinds = ["SIGTERM", "SIGKILL"] as const;
  for (const kind of kinds) {
    const parser = createDocumentParser({}, (task) => {
      const child = startReader(task);
      child.stdout?.once("data", () => child.kill(kind));
      return child;
    });
    const error: unknown = await parser
      .parse(writeEndlessPdf(), "application/pdf", signal)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toHaveProperty("code");
    expect(String(error)).toContain(kind);
  }
});

it("a process has nothing of our environment, and may read no other file, write none, and start none", async () => {
  process.env.PLANTED_SECRET = "planted";
  const task = { type: "text/csv", charset: undefined, limits: defaultLimits } as const;
  const child = startReader(task, join(import.meta.dirname, "probe.ts"));
  delete process.env.PLANTED_SECRET;
  child.stdin.end();
  let said = "";
  child.stdout.on("data", (piece) => (said += String(piece)));
  await once(child, "close");
  expect(JSON.parse(said)).toEqual({
    environment: [],
    read: "ERR_ACCESS_DENIED",
    write: "ERR_ACCESS_DENIED",
    spawn: "ERR_ACCESS_DENIED",
  });
});

it("a process whose server is killed ends by itself", async () => {
  const server = spawn(process.execPath, [join(import.meta.dirname, "killed-server.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [pid] = (await once(server.stdout, "data")) as [Buffer];
  const reader = Number(String(pid));
  expect(await isAlive(reader)).toBe(true);
  server.kill("SIGKILL");
  await expect.poll(() => isAlive(reader), { timeout: 10_000 }).toBe(false);
});

/** A dead process that nobody has asked about yet isn't alive. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}
