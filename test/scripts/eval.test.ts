import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "miptech-test-collection-"));
});

afterEach(() => rm(folder, { recursive: true }));

test(
  "the command measures the search on a collection, beside the others",
  { timeout: 60_000 },
  async () => {
    const texts = [
      "The heron eats fish.",
      "Storks eat frogs.",
      "Pelicans eat a fish a day.",
      "Gulls.",
    ];
    const lines = (all: readonly object[]) => all.map((one) => `${JSON.stringify(one)}\n`).join("");
    const documents = texts.map((text, id) => ({ id: `${id}`, text }));
    const questions = [
      { id: "a", text: "What do herons eat?" },
      { id: "b", text: "Who eats frogs?" },
      { id: "c", text: "Is not judged" },
    ];
    await writeFile(join(folder, "docs.jsonl"), lines(documents));
    await writeFile(join(folder, "queries.jsonl"), lines(questions));
    await writeFile(join(folder, "qrels.tsv"), "a\t0\nb\t1\n");
    const { stdout } = await run(
      process.execPath,
      [join(root, "scripts/eval.ts"), "--collection", folder],
      { cwd: root },
    );
    expect(stdout).toContain("4 documents, 2 questions with judgements");
    expect(stdout).toMatch(/as the platform uses it +1\.0000 +1\.0000/);
    expect(stdout).toMatch(/with weights off +1\.0000 +1\.0000/);
    expect(stdout).toMatch(/ts_rank +1\.0000 +1\.0000/);
    expect(stdout).toMatch(/okapibm25 \(npm\) +1\.0000 +1\.0000/);
    expect(stdout).toContain("for 2 of 2 questions");
  },
);

test("the command says what it wants", async () => {
  const failed = await run(process.execPath, [join(root, "scripts/eval.ts")]).catch(
    (error: { stderr: string; code: number }) => error,
  );
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("--collection FOLDER") });
});
