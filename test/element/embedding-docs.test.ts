import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { elementProperties } from "../../element/properties.ts";

const root = join(import.meta.dirname, "../..");
const docs = await readFile(join(root, "docs/embedding.md"), "utf8");

async function readAll(folder: string): Promise<string> {
  const names = await readdir(join(root, folder));
  const files = names.map((name) => readFile(join(root, folder, name), "utf8"));
  return (await Promise.all(files)).join("\n");
}

/** The section of that heading, up to the next one. */
function section(heading: string): string {
  const [, text = ""] = docs.split(`\n## ${heading}\n`);
  return text.split("\n## ", 1)[0] ?? "";
}

/** What stands in code in the first cell of each row of a table. */
function firstCells(text: string): string[] {
  const rows = [...text.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = ""]) => cell);
  return rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code));
}

const found = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, name = ""]) => name))].toSorted();

test("docs/embedding.md names every attribute with its property, and no other", () => {
  const real = Object.entries(elementProperties)
    .filter(([, { attribute, state }]) => attribute !== false && !state)
    .map(([name, { attribute }]) => `${typeof attribute === "string" ? attribute : name} ${name}`);
  const rows = [...section("Settings").matchAll(/^\| `([\w-]+)` \| `(\w+)` \|/gm)];
  const named = rows.map(
    ([, attribute = "", property = ""]) =>
      // The one whose attribute is its opposite.
      `${attribute} ${property === "autoConnect" ? "noAutoConnect" : property}`,
  );
  expect(named.toSorted()).toEqual(real.toSorted());
});

test("it names every callback", () => {
  const real = Object.keys(elementProperties).filter((name) => name.startsWith("on"));
  const named = firstCells(section("Callbacks and events")).map((call) => call.split("(", 1)[0]);
  expect(named.toSorted()).toEqual(real.toSorted());
});

test("it names every custom property that the styles read, and no other", async () => {
  const real = found(await readAll("element/styles"), /var\(\s*(--miptech-[\w-]+)/g);
  expect(firstCells(section("Looks")).toSorted()).toEqual(real);
});

test("it names every part and slot, and no other", async () => {
  const views = `${await readAll("element/view")}${await readAll("element/markdown")}`;
  const real = found(views, /(?:\bpart="|"part", "|renderButton\(\s*")([\w-]+)"/g);
  const list = section("Looks").split("Parts,")[1]?.split("Slots,")[0] ?? "";
  const named = [...list.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name);
  expect(named.toSorted()).toEqual(real);
  const slots = section("Looks").split("Slots,")[1]?.split("```")[0] ?? "";
  expect(found(slots, /`([\w-]+)`/g)).toEqual(found(views, /<slot name="([\w-]+)"/g));
});

test("it names every key of the browser's storage", async () => {
  const source = await readFile(join(root, "element/client/storage.ts"), "utf8");
  const real = found(source, /[kK]ey\("(\w+)"\)/g).map((kind) => `miptech:${kind}:`);
  expect(firstCells(section("What the browser stores")).toSorted()).toEqual(real);
});
