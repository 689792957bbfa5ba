import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium } from "playwright";
import { expect, test } from "vitest";
import { chromiumArgs, chromiumPath } from "./chromium.ts";

test("Chromium opens a page, runs its script, and paints its text", async () => {
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: [...chromiumArgs],
  });
  try {
    const page = await browser.newPage();
    await page.goto("data:text/html,<meta charset=utf-8><body></body>");
    const blank = await page.screenshot();
    await page.evaluate(`document.body.append("Grüße, “quoted”")`);

    expect(await page.textContent("body")).toBe("Grüße, “quoted”");
    expect((await page.screenshot()).equals(blank)).toBe(false);
  } finally {
    await browser.close();
  }
});

test("several processes that ask for Chromium at once all get one that runs", async () => {
  const code = `
    const { chromiumPath } = await import(${JSON.stringify(import.meta.resolve("./chromium.ts"))});
    console.log(await chromiumPath());`;
  const ask = async (): Promise<string> => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", code]);
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output += text.toString()));
    await once(child, "close");
    return output.trim();
  };
  expect(await Promise.all([ask(), ask()])).toEqual(Array(2).fill(await chromiumPath()));
});
