import type {} from "../support/global-setup.ts";
import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, parseSync } from "vite";
import { askAndWait } from "../../element/client/ask-and-wait.ts";
import type { ChatClient } from "../../element/client/chat-client.ts";
import { createChatClient } from "../../element/client/create-chat-client.ts";
import type { WidgetState } from "../../element/client/state.ts";
import { insertTenant, startPlatform, teach, type Platform } from "../support/platform.ts";
import { makeTestFolder } from "../support/test-folder.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** A project that uses the client: the package with what is built, and zod. */
let folder: string;
let platform: Platform;
beforeAll(async () => {
  folder = await makeTestFolder("client");
  const home = join(folder, "node_modules/miptech-ai-platform");
  const dist = join(home, "element/dist");
  await mkdir(dist, { recursive: true });
  await copyFile(join(root, "package.json"), join(home, "package.json"));
  const configFile = join(root, "element/client/vite.config.ts");
  await build({ configFile, logLevel: "warn", build: { outDir: dist } });
  await compile(join(root, "element/react/tsconfig.build.json"), "--outDir", join(dist, "types"));
  await symlink(join(root, "node_modules/zod"), join(folder, "node_modules/zod"), "junction");
  await symlink(join(root, "node_modules/@types"), join(folder, "node_modules/@types"), "junction");
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await copyFile(join(root, "examples/ask.ts"), join(folder, "ask.ts"));
  platform = await startPlatform({ env: { EXTRACTIVE_PACE_MS: "5" } });
  await insertTenant(platform, "acme");
  await teach(platform, "acme");
}, 60_000);
afterAll(async () => {
  await platform?.close();
  await rm(folder, { recursive: true, force: true });
});

/** @throws Error with what the compiler said */
async function compile(project: string, ...args: string[]): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc, "-p", project, ...args]).catch((error: unknown) => {
    const said = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
    throw new Error(said || "tsc could not be run", { cause: error });
  });
}

async function compileHere(files: readonly string[]): Promise<void> {
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023", "dom", "dom.iterable"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    types: ["node"],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  await compile(join(folder, "tsconfig.json"));
}

function until(client: ChatClient, isSo: (state: WidgetState) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (state: WidgetState) => isSo(state) && resolve();
    client.subscribe(look);
    look(client.state);
  });
}

describe("the published client", () => {
  test("is one module that imports nothing", async () => {
    const file = join(folder, "node_modules/miptech-ai-platform/element/dist/client.js");
    const { module } = parseSync(file, await readFile(file, "utf8"));
    expect(module.staticImports).toEqual([]);
    expect(module.dynamicImports).toEqual([]);
  });

  test("answers in Node: the example prints the whole answer and its source, and ends", async () => {
    const args = ["ask.ts", platform.url, "acme", "When do I sow beans?"];
    const { stdout, stderr } = await run(process.execPath, args, { cwd: folder });
    expect(stdout).toContain("last frost 🌱");
    expect(stdout).toMatch(/^\[1\] \S/m);
    expect(stderr).toBe("");
  });

  test("tells in Node what was refused, and ends", async () => {
    const args = ["ask.ts", platform.url, "nobody", "When do I sow beans?"];
    const failed = await run(process.execPath, args, { cwd: folder }).catch(
      (cause: unknown) => cause,
    );
    expect(failed).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching("reached") });
  });

  test("is typed: the example and the documented snippets compile, wrong ones don't", async () => {
    const docs = await readFile(join(root, "docs/client.md"), "utf8");
    const snippets = [...docs.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code ?? "");
    expect(snippets).toHaveLength(2);
    const names = snippets.map((_, index) => `snippet-${index}.ts`);
    await Promise.all(names.map((name, at) => writeFile(join(folder, name), snippets[at] ?? "")));
    await compileHere(["ask.ts", ...names]);

    const wrong = `import { createChatClient, type ServerFrame } from "miptech-ai-platform/client";
      createChatClient({ apiUrl: "" });
      createChatClient({ apiUrl: "", tenantId: "" }).ask(1);
      export const a = (frame: ServerFrame) => frame.type === "pong" && frame.data.time;
      export const b = (frame: ServerFrame) => frame.type === "pongs";`;
    await writeFile(join(folder, "wrong.ts"), wrong);
    const said = await compileHere(["wrong.ts"]).then(() => "", String);
    expect(said.match(/wrong\.ts\(\d+/g)).toEqual([2, 3, 4, 5].map((line) => `wrong.ts(${line}`));
  });
});

describe("the client", () => {
  test("takes a WebSocket, a fetch and a storage of the program's, and goes on with that storage", async () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, text: string) => void kept.set(name, text),
      removeItem: (name: string) => void kept.delete(name),
    };
    const used = { sockets: 0, requests: 0 };
    class CountedSocket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        used.sockets += 1;
      }
    }
    const open = () =>
      createChatClient(
        { apiUrl: platform.url, tenantId: "acme" },
        {
          storage,
          WebSocket: CountedSocket,
          fetch: (url, init) => {
            used.requests += 1;
            return fetch(url, init);
          },
        },
      );

    const first = open();
    const answer = await askAndWait(first, "How do I water tomatoes?");
    first.disconnect();
    const second = open();
    const next = await askAndWait(second, "When do I sow beans?");
    second.disconnect();

    expect(next.content).toContain("last frost 🌱");
    expect(second.state.currentChat?.id).toBe(first.state.currentChat?.id);
    expect(second.state.messages.map(({ id }) => id)).toContain(answer.id);
    expect(used.sockets).toBe(2);
    expect(used.requests).toBeGreaterThan(0);
  });

  test("rejects an aborted question with the signal's reason, and stops its answer", async () => {
    const client = createChatClient({ apiUrl: platform.url, tenantId: "acme" });
    const control = new AbortController();
    const leave = client.subscribe(({ messages }) => {
      if (messages.at(-1)?.metadata?.streaming) control.abort(new Error("Enough"));
    });
    const asked = askAndWait(client, "When do I sow beans?", { signal: control.signal });
    await expect(asked).rejects.toThrow("Enough");
    leave();
    await until(client, ({ streaming }) => !streaming.isStreaming);
    expect(client.state.messages.at(-1)?.metadata?.finish_reason).toBe("cancelled");
    client.disconnect();
  });

  test("refuses a second question under way, and an empty one", async () => {
    const client = createChatClient({ apiUrl: platform.url, tenantId: "acme" });
    const asked = askAndWait(client, "When do I sow beans?");
    await until(client, ({ messages }) => messages.at(-1)?.metadata?.streaming === true);
    await expect(askAndWait(client, "And now?")).rejects.toMatchObject({ code: "NOT_TAKEN" });
    await asked;
    await expect(askAndWait(client, " ")).rejects.toMatchObject({ code: "NOT_TAKEN" });
    client.disconnect();
  });

  test("is what the element itself is made of", async () => {
    const source = await readFile(join(root, "element/connected-element.ts"), "utf8");
    expect(source).toContain("createChatClient(");
    expect(source).not.toContain("new ChatClient(");
  });
});
