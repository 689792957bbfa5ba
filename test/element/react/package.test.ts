import { execFile } from "node:child_process";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, parseSync } from "vite";
import type { ClientFrame, ServerFrame } from "../../../api/ws/protocol.ts";
import { openBrowser, recordPage } from "../../support/browser.ts";
import { makeTestFolder } from "../../support/test-folder.ts";
import { chunk, complete, greeting, processing, start } from "../support/frames.ts";

const root = join(import.meta.dirname, "../../..");
const publicName = "miptech-ai-platform/react";

/** What a project that uses the binding has: the built folder, React, zustand and zod, and nothing else of ours. */
let folder: string;
let dist: string;
let modulesOfWidget: readonly string[];
beforeAll(async () => {
  folder = await makeTestFolder("react");
  dist = join(folder, "dist");
  modulesOfWidget = await buildInto("element/vite.config.ts");
  await buildInto("element/react/vite.config.ts");
  await runTsc(join(root, "element/react/tsconfig.build.json"), "--outDir", join(dist, "types"));
  await mkdir(join(folder, "node_modules/@types"), { recursive: true });
  const packages = ["react", "react-dom", "zustand", "zod", "@types/react", "@types/react-dom"];
  for (const name of packages)
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name), "junction");
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @returns the ids of the modules inside. */
async function buildInto(configFile: string): Promise<string[]> {
  const output = await build({
    configFile: join(root, configFile),
    logLevel: "warn",
    build: { outDir: dist },
  });
  const results = "on" in output ? [] : [output].flat();
  return results.flatMap((result) =>
    result.output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : [])),
  );
}

/** @throws Error with what the compiler said */
async function runTsc(project: string, ...args: string[]): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [tsc, "-p", project, ...args]);
  } catch (error) {
    const said = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
    throw new Error(said || "tsc could not be run", { cause: error });
  }
}

async function importsOf(file: string): Promise<string[]> {
  const { module } = parseSync(file, await readFile(join(dist, file), "utf8"));
  const dynamic = module.dynamicImports.map(({ moduleRequest }) => moduleRequest);
  const source = await readFile(join(dist, file), "utf8");
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...dynamic.map(({ start: from, end }) => `${source.slice(from, end)} later`),
  ];
}

async function readSnippets(): Promise<string[]> {
  const text = await readFile(join(root, "docs/react.md"), "utf8");
  return [...text.matchAll(/^```tsx\n(.*?)^```$/gms)].map(([, code]) => code ?? "");
}

describe("the built binding", () => {
  test("brings neither React nor zustand nor the element, which it loads when it is rendered", async () => {
    expect(new Set(await importsOf("react.js"))).toEqual(
      new Set(["react", "react/jsx-runtime", "zustand", "zustand/shallow", '"./widget.js" later']),
    );
    expect((await readFile(join(dist, "react.js"), "utf8")).startsWith('"use client"')).toBe(true);
  });

  test("is no part of the widget, which is one file without React", async () => {
    expect(await importsOf("widget.js")).toEqual([]);
    expect(modulesOfWidget.some((id) => id.endsWith("element/miptech-chat.ts"))).toBe(true);
    const strangers =
      /node_modules\/(@types\/)?(react|react-dom|zustand|scheduler)\/|element\/react\//;
    expect(modulesOfWidget.filter((id) => strangers.test(id))).toEqual([]);
  });
});

describe("docs/react.md", () => {
  test("shows the seed's example as it is tested", async () => {
    const example = await readFile(join(import.meta.dirname, "seed-example.tsx"), "utf8");
    const adapted = example.replace("../../../element/react/react.ts", publicName);
    expect(await readSnippets()).toContain(adapted);
  });

  test("has only snippets that compile against the declarations, under the strictest rules", async () => {
    const snippets = await readSnippets();
    expect(snippets.length).toBeGreaterThanOrEqual(5);
    await Promise.all(
      snippets.map((code, index) => writeFile(join(folder, `snippet-${index}.tsx`), code)),
    );
    await writeConsumerConfig(["snippet-*.tsx"]);
    await runTsc(join(folder, "tsconfig.json"));
  });

  test("and would not compile with a wrong prop, a wrong field or a wrong call", async () => {
    const wrong = `
      import { ChatWidget, useWebSocket, useWidgetStore } from "${publicName}";
      export const A = () => <ChatWidget apiUrl="" tenantId="" theme="blue" />;
      export const B = () => useWidgetStore((state) => state.message);
      export const C = () => useWebSocket().sendChatMessage(1);
      export const D = () => useWidgetStore.getState().setConfig({ apiUrl: "" });
    `;
    await writeFile(join(folder, "wrong.tsx"), wrong);
    await writeConsumerConfig(["wrong.tsx"]);
    const said = await runTsc(join(folder, "tsconfig.json")).then(() => "", String);
    expect(said.match(/wrong\.tsx\(\d+/g)).toEqual([3, 4, 5, 6].map((line) => `wrong.tsx(${line}`));
  });
});

function writeConsumerConfig(include: readonly string[]): Promise<void> {
  const compilerOptions = {
    target: "es2022",
    lib: ["es2022", "dom", "dom.iterable"],
    module: "esnext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
    paths: { [publicName]: ["./dist/types/element/react/react.d.ts"] },
  };
  return writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include }));
}

describe("in a page that a bundler made of it", () => {
  let browser: Browser;
  let files: ReadonlyMap<string, string | Uint8Array>;
  beforeAll(async () => {
    browser = await openBrowser();
    files = await bundle();
  });
  afterAll(() => browser?.close());

  test("the seed's example and the finished chat both answer", async () => {
    const page = await browser.newPage();
    const { faults } = recordPage(page);
    await playApi(page);
    await servePage(page, files);

    await page.goto("http://shop.example/");
    const own = page.locator(".chat-widget");
    await own.getByText("Online").waitFor();
    await own.getByLabel("Your question").fill("What is a tenant?");
    await own.getByLabel("Your question").press("Enter");
    await own.getByText("A client organisation.").waitFor();

    const finished = page.locator("miptech-chat");
    await finished.getByLabel("Your question").fill("What is a tenant?");
    await finished.getByLabel("Your question").press("Enter");
    await finished.getByText("A client organisation.", { exact: true }).waitFor();
    expect(faults).toEqual([]);
    expect(await page.title()).toBe("");
    await page.close();
  });

  test("onError hears when the element's code can't be loaded, and the rest of the page works", async () => {
    const page = await browser.newPage();
    await playApi(page);
    await servePage(page, files);
    await page.route("**/widget.js", (route) => route.abort());
    await page.goto("http://shop.example/");
    await page.locator(".chat-widget").getByText("Online").waitFor();
    await page.waitForFunction(() => document.title.includes("widget.js"));
    expect(await page.locator("miptech-chat").count()).toBe(0);
    await page.close();
  });
});

/** The page's script and what it loads later, by path. */
async function bundle(): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const [, , example] = await readSnippets();
  await writeFile(join(folder, "example.tsx"), example ?? "");
  await writeFile(
    join(folder, "page.tsx"),
    `import { StrictMode } from "react";
     import { createRoot } from "react-dom/client";
     import { ChatWidget } from "${publicName}";
     import { ChatWidget as Example } from "./example.tsx";
     const config = {
       apiUrl: "http://localhost:8000",
       tenantId: "miptech-company",
       onError: (error: Error) => (document.title = error.message),
     };
     createRoot(document.body.appendChild(document.createElement("main"))).render(
       <StrictMode><Example /><ChatWidget {...config} mode="inline" /></StrictMode>
     );`,
  );
  const output = await build({
    root: folder,
    configFile: false,
    // Warns that "use client" means nothing to it.
    logLevel: "error",
    resolve: { alias: { [publicName]: join(dist, "react.js") } },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: join(folder, "page.tsx"),
        output: { entryFileNames: "page.js", chunkFileNames: "[name].js" },
      },
    },
  });
  const results = "on" in output ? [] : [output].flat();
  const files = results.flatMap((result) => result.output);
  return new Map(
    files.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : file.source]),
  );
}

async function servePage(
  page: Page,
  files: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> {
  await page.route("http://shop.example/**", async (route) => {
    const { pathname } = new URL(route.request().url());
    const file = files.get(pathname);
    if (file !== undefined)
      return route.fulfill({ contentType: "text/javascript", body: Buffer.from(file) });
    const isPage = pathname === "/";
    const html =
      '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/page.js"></script>';
    return route.fulfill({ status: isPage ? 200 : 404, contentType: "text/html", body: html });
  });
}

/** Plays the API's socket: each question gets one answer. */
async function playApi(page: Page): Promise<void> {
  await page.routeWebSocket(/^ws:\/\/localhost:8000\/api\/v1\/ws\/chat\?/, (socket) => {
    const send = (...frames: ServerFrame[]) =>
      frames.forEach((frame) => socket.send(JSON.stringify(frame)));
    socket.onMessage((text) => {
      const frame = JSON.parse(String(text)) as ClientFrame;
      if (frame.type !== "chat_message") return;
      send(processing(frame.data.client_message_id), start());
      send(chunk("A client", 0), chunk(" organisation.", 8), complete());
    });
    send(greeting());
  });
}
