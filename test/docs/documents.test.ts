import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWebServer, type WebServer } from "../adapters/web/web-server.ts";
import { runMiptech } from "../support/miptech.ts";
import { adminToken, insertTenant, startPlatform, type Platform } from "../support/platform.ts";

let platform: Platform;
/** Stands for the site of the examples. */
let site: WebServer;
let folder: string;
let commands: readonly string[];

beforeAll(async () => {
  platform = await startPlatform({ env: { ALLOW_PRIVATE_SOURCES: "true" } });
  site = await startWebServer();
  await insertTenant(platform, "demo");
  folder = await mkdtemp(join(tmpdir(), "docs-"));
  await mkdir(join(folder, "handbook"));
  for (const path of ["handbook/holidays.md", "holidays.md"])
    await writeFile(join(folder, path), "# Holidays\n\nThirty days.");
  const text = await readFile(join(import.meta.dirname, "../../docs/documents.md"), "utf8");
  const blocks = [...text.matchAll(/```sh\n([^`]+)```/g)].map(([, block = ""]) => block);
  commands = blocks.flatMap((block) => block.replaceAll("\\\n", " ").trim().split("\n"));
});

afterAll(async () => {
  await platform?.close();
  await site?.close();
  await rm(folder, { recursive: true });
});

/** The words of a command as a shell would read them. */
function readWords(command: string): string[] {
  const words = command.match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) =>
    word
      .replace(/^"(.*)"$/, "$1")
      .replace("$ADMIN_TOKEN", adminToken)
      .replace("https://example.com", site.url),
  );
}

test("the commands of docs/documents.md do what it says, in their order", async () => {
  const prefix = "npm run miptech -- ";
  const lines = commands.filter((command) => command.startsWith(prefix));
  const results = [];
  for (const line of lines) {
    const args = readWords(line.slice(prefix.length));
    results.push(await runMiptech(args, { url: platform.url, cwd: folder }));
  }
  expect(results.map(({ code }) => code)).toEqual(Array(10).fill(0));
  const printed = results.map(({ out }) => out);
  expect(printed[0]).toContain("created    holidays.md");
  expect(printed[1]).toContain("holidays.md  Holidays");
  expect(printed[2]).toBe("complete   100%  holidays.md\n");
  expect(printed[3]).toContain("Thirty days.");
  expect(printed[4]).toContain("complete   100%  holidays.md\n");
  expect(printed[5]).toBe("deleted    holidays.md\n");
  expect(printed[6]).toContain(`queued  ${site.url}/sitemap.xml`);
  expect(printed[7]).toMatch(/sitemap +24h/);
  expect(printed[8]).toBe(`queued  ${site.url}/sitemap.xml\n`);
  expect(printed[9]).toBe(`deleted  ${site.url}/sitemap.xml\n`);
});

test("the request of docs/documents.md uploads its file", async () => {
  const words = readWords(commands.find((command) => command.startsWith("curl ")) ?? "");
  const valuesOf = (option: string) => words.filter((_word, index) => words[index - 1] === option);
  const headers = valuesOf("-H").map((header) => header.split(": ") as [string, string]);
  const [file = ""] = valuesOf("--data-binary");
  const address = new URL(words.at(-1) ?? "");
  expect([words.length, headers.length, address.origin]).toEqual([10, 3, "http://localhost:8000"]);
  const body = await readFile(join(folder, file.replace(/^@/, "")));
  const url = platform.url + address.pathname + address.search;
  const response = await fetch(url, { method: "POST", headers, body });
  expect(await response.json()).toMatchObject({ source: "holidays.md", status: "created" });
});
