import { glob, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findForbiddenImports, findImportCycles } from "./support/import-rules.ts";
import { readImports } from "./support/read-imports.ts";

const root = join(import.meta.dirname, "..");

describe("the program", () => {
  let files: Map<string, string>;
  beforeAll(async () => {
    files = await readSources();
  });

  it("is what is looked at", () => {
    expect(files.has("api/core/turns/run-turn.ts")).toBe(true);
    expect(files.size).toBeGreaterThan(40);
  });

  it("imports only what the table of the design allows", () => {
    expect(findForbiddenImports(files)).toEqual([]);
  });

  it("has no import cycles", () => {
    expect(findImportCycles(files)).toEqual([]);
  });

  it("fails this test as soon as a forbidden import is added", () => {
    const change = (path: string, line: string) =>
      new Map(files).set(path, `${line}\n${files.get(path) ?? ""}`);
    expect(
      findForbiddenImports(
        change("api/core/turns/start-turn.ts", 'import { hash } from "node:crypto";'),
      ),
    ).toEqual(["api/core/turns/start-turn.ts → node:crypto: knows nothing of Node"]);
    const cyclic = change(
      "api/core/turns/wake.ts",
      'import { createTurnLog } from "./turn-log.ts";',
    );
    expect(findImportCycles(cyclic)).toEqual([
      [
        "api/core/turns/turn-log.ts",
        "api/core/turns/live-turn.ts",
        "api/core/turns/wake.ts",
        "api/core/turns/turn-log.ts",
      ],
    ]);
  });
});

describe("the table refuses", () => {
  const refused: readonly (readonly [what: string, path: string, source: string])[] = [
    ["core → an adapter", "api/core/turn.ts", 'import { x } from "../adapters/memory/store.ts";'],
    ["core → a door", "api/core/turn.ts", 'export * from "../ws/session.ts";'],
    ["core → a type of a door", "api/core/turn.ts", 'import type { X } from "../ws/session.ts";'],
    ["core → a package", "api/core/turn.ts", 'import { z } from "zod";'],
    ["core → a package by type", "api/core/turn.ts", 'import type { Redis } from "ioredis";'],
    ["core → Node", "api/core/turn.ts", 'import "fs";'],
    ["core → dynamically", "api/core/turn.ts", 'const x = await import("node:fs");'],
    ["core → in a type", "api/core/turn.ts", 'type X = import("../config.ts").Config;'],
    [
      "an adapter → another",
      "api/adapters/redis/a.ts",
      'import { x } from "../memory/limiter.ts";',
    ],
    ["an adapter → a door", "api/adapters/redis/a.ts", 'import { x } from "../../rest/router.ts";'],
    [
      "an adapter → the configuration",
      "api/adapters/redis/a.ts",
      'import type { X } from "../../config.ts";',
    ],
    [
      "an adapter → another's library",
      "api/adapters/memory/a.ts",
      'import { Redis } from "ioredis";',
    ],
    ["a door → another", "api/ws/a.ts", 'import type { X } from "../rest/router.ts";'],
    [
      "a door → an adapter",
      "api/rest/a.ts",
      "const x = await import(`../adapters/postgres/store.ts`);",
    ],
    ["a door → the database", "api/graphql/a.ts", 'import { sql } from "@mikro-orm/core";'],
    ["a door → the composition root", "api/ws/a.ts", 'import { createApp } from "../app.ts";'],
    ["http → another door than REST", "api/http.ts", 'import { x } from "./ws/session.ts";'],
    ["metrics → REST", "api/metrics.ts", 'import { x } from "./rest/router.ts";'],
    [
      "the configuration → an adapter",
      "api/config.ts",
      'import { x } from "./adapters/redis/connect.ts";',
    ],
    ["app → main", "api/app.ts", 'import "./main.ts";'],
    ["main → a door", "api/main.ts", 'import { x } from "./ws/session.ts";'],
    [
      "the element → the platform",
      "element/chat.ts",
      'import { x } from "../api/core/turns/cursor.ts";',
    ],
    [
      "the element → values of the protocol",
      "element/chat.ts",
      'import { x } from "../api/ws/protocol.ts";',
    ],
    [
      "the element → one value among types",
      "element/chat.ts",
      'import { type X } from "../api/ws/protocol.ts";',
    ],
    ["the element → Node", "element/chat.ts", 'import { x } from "node:fs";'],
    ["a script → core", "scripts/a.ts", 'import { x } from "../api/core/turns/cursor.ts";'],
    ["a script → a door", "scripts/a.js", 'import { x } from "../api/rest/router.ts";'],
    [
      "a script → two adapters",
      "scripts/a.ts",
      'import "../api/adapters/redis/connect.ts"; import "../api/adapters/postgres/connect.ts";',
    ],
    ["tests from the program", "api/ws/a.ts", 'import { x } from "../../test/support/clock.ts";'],
    [
      "a script → values of the protocol",
      "scripts/a.ts",
      'import { x } from "../api/ws/protocol.ts";',
    ],
    ["what can't be read", "api/app.ts", "const x = await import(process.argv[2]);"],
    ["a file outside every place", "api/helpers.ts", ""],
  ];
  for (const [what, path, source] of refused) {
    it(what, () => {
      expect(findForbiddenImports(new Map([[path, source]]))).toHaveLength(1);
    });
  }
});

describe("the table allows", () => {
  const allowed: readonly (readonly [what: string, path: string, source: string])[] = [
    [
      "core → core",
      "api/core/turn.ts",
      'import type { A } from "./ports.ts"; export { b } from "./ids.ts";',
    ],
    [
      "an adapter → core, its library, Node",
      "api/adapters/redis/a.ts",
      'import "../../core/ids.ts"; import "ioredis"; import "node:net";',
    ],
    [
      "the database's adapter → the migrations",
      "api/adapters/postgres/a.ts",
      'import "../../../migrations/public/0001.ts";',
    ],
    [
      "a door → core, itself, packages",
      "api/ws/a.ts",
      'import "../core/ids.ts"; import "./b.ts"; import "ws";',
    ],
    [
      "http → REST, metrics, its parts",
      "api/http.ts",
      'import "./rest/router.ts"; import "./metrics.ts"; import "./http/cors.ts";',
    ],
    [
      "app → everything above",
      "api/app.ts",
      'import "./core/ids.ts"; import "./adapters/redis/a.ts"; import "./ws/a.ts"; import "./http.ts";',
    ],
    [
      "main → app, config, http",
      "api/main.ts",
      'import "./app.ts"; import { x } from "./config.ts"; import "./http.ts";',
    ],
    [
      "the element → types of the protocol",
      "element/chat.ts",
      'import type { X } from "../api/ws/protocol.ts"; import "lit";',
    ],
    [
      "a script → app, config, one adapter",
      "scripts/a.ts",
      'import "../api/app.ts"; import "../api/adapters/postgres/a.ts"; import "../api/adapters/postgres/b.ts";',
    ],
    [
      "what only looks like an import",
      "api/core/turn.ts",
      '// import "zod";\nconst text = `import "zod"`;\nconst from = "import x from \'zod\'";',
    ],
  ];
  for (const [what, path, source] of allowed) {
    it(what, () => {
      expect(findForbiddenImports(new Map([[path, source]]))).toEqual([]);
    });
  }
});

it("circles are found, however long, and types make none", () => {
  const circle = new Map([
    ["api/core/a.ts", 'import { b } from "./b.ts";'],
    ["api/core/b.ts", 'export { c } from "./c.ts";'],
    ["api/core/c.ts", 'const a = await import("./a.ts");'],
    ["api/core/d.ts", 'import "./a.ts"; import "./a.ts";'],
  ]);
  expect(findImportCycles(circle)).toEqual([
    ["api/core/a.ts", "api/core/b.ts", "api/core/c.ts", "api/core/a.ts"],
  ]);
  expect(
    findImportCycles(new Map(circle).set("api/core/c.ts", 'import type { A } from "./a.ts";')),
  ).toEqual([]);
  expect(findImportCycles(new Map([["api/core/a.ts", 'import "./a.ts";']]))).toEqual([
    ["api/core/a.ts", "api/core/a.ts"],
  ]);
});

it("imports are read with what they are", () => {
  const source =
    'import type { A } from "./a.ts"; export type { B } from "../b.ts"; import c, { type D } from "@x/y/z";';
  expect(readImports("api/ws/x.ts", source)).toEqual([
    {
      from: "api/ws/x.ts",
      target: { kind: "file", path: "api/ws/a.ts" },
      isType: true,
      isDynamic: false,
    },
    {
      from: "api/ws/x.ts",
      target: { kind: "package", name: "@x/y" },
      isType: false,
      isDynamic: false,
    },
    {
      from: "api/ws/x.ts",
      target: { kind: "file", path: "api/b.ts" },
      isType: true,
      isDynamic: false,
    },
  ]);
  expect(() => readImports("api/ws/x.ts", "import {")).toThrow("api/ws/x.ts");
});

async function readSources(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const path of glob("{api,element,scripts}/**/*.{ts,tsx,js,mjs}", {
    cwd: root,
    exclude: ["**/dist/**"],
  })) {
    files.set(path.split(sep).join("/"), await readFile(join(root, path), "utf8"));
  }
  return files;
}
