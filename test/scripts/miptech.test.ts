import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { closeServer, portOf } from "../../api/main.ts";
import { reservedPrefix } from "../../api/core/documents/upload-document.ts";
import { readCommandLine } from "../../scripts/miptech/command-line.ts";
import { platformPrefix } from "../../scripts/platform-prefix.ts";
import { runMiptech, type CommandOptions } from "../support/miptech.ts";
import { adminToken, insertTenant, startPlatform, type Platform } from "../support/platform.ts";

let platform: Platform;
let folder: string;
let tenants = 0;
let tenantId: string;

beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "miptech-"));
  tenants += 1;
  tenantId = `tenant-${tenants}`;
  await insertTenant(platform, tenantId);
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

const documents = (args: readonly string[], options: CommandOptions = {}) =>
  runMiptech(["documents", ...args, "--tenant", tenantId], {
    url: platform.url,
    cwd: folder,
    ...options,
  });

/** What `documents list` prints, without the ids: sizes, sources and titles. */
async function list(): Promise<string[]> {
  const { code, out } = await documents(["list"]);
  expect(code).toBe(0);
  return out
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^doc_\w{26} +/, ""));
}

/** As a service leaves it that was away too long. */
async function markFailed(source: string): Promise<void> {
  const schema = tenantId.replaceAll("-", "_");
  await platform.adminSql(
    `update tenant_${schema}.document_versions v set state = 'failed', error_code = 'INTERNAL_ERROR', error = 'Away'
     from tenant_${schema}.documents d where d.id = v.document_id and d.source = $1`,
    [source],
  );
}

describe("documents add", () => {
  test("uploads the text files of a folder and of all folders in it, and tells what became of each", async () => {
    await write({
      "site/index.md": "# Home",
      "site/b/Größe & mehr.MARKDOWN": "Words",
      "site/a.txt": "Plain words",
      "site/image.png": "no text",
      "site/.git/notes.md": "hidden",
      "site/node_modules/x/README.md": "not ours",
    });
    await symlink(join(folder, "site"), join(folder, "site/b/circle"));
    const first = await documents(["add", "site"]);
    expect(first).toEqual({
      code: 0,
      out: [
        "created    a.txt",
        "created    b/Größe & mehr.MARKDOWN",
        "created    index.md",
        "3 created, 0 replaced, 0 unchanged, 0 failed\n",
      ].join("\n"),
      err: "",
    });
    await write({ "site/index.md": "# New home" });
    const second = await documents(["add", join(folder, "site")]);
    expect(second.out.split("\n")).toEqual([
      "unchanged  a.txt",
      "unchanged  b/Größe & mehr.MARKDOWN",
      "replaced   index.md",
      "0 created, 1 replaced, 2 unchanged, 0 failed",
      "",
    ]);
    expect(await list()).toEqual([
      "11  a.txt  Plain words",
      "5  b/Größe & mehr.MARKDOWN  Words",
      "10  index.md  New home",
      "3 documents",
    ]);
  });

  test("takes files too, and a prefix for the sources", async () => {
    await write({ "a/one.md": "One", "b/two.md": "Two" });
    const { code, out } = await documents(["add", "a/one.md", "b", "--prefix", "wiki/"]);
    expect([code, out.split("\n").slice(0, 2)]).toEqual([
      0,
      ["created    wiki/one.md", "created    wiki/two.md"],
    ]);
  });

  test("goes on after a file that is refused, and says so with its exit code", async () => {
    await write({
      "1-empty.md": " \n",
      "2-latin.md": Buffer.from("Größe", "latin1"),
      "3-binary.txt": "a\0b",
      "4-large.md": "x".repeat(2049),
      "5-full.md": "x".repeat(2048),
      "6-broken.pdf": "%PDF-1.4",
    });
    const { code, out, err } = await documents(["add", "."], {
      env: { DOCUMENT_MAX_BYTES: "2048" },
    });
    expect([code, err]).toEqual([1, ""]);
    expect(out.split("\n")).toEqual([
      "failed     1-empty.md: The document is empty",
      "failed     2-latin.md: The document is not valid UTF-8",
      "failed     3-binary.txt: The document is not text: it holds NUL",
      "failed     4-large.md: It is larger than 2048 bytes",
      "created    5-full.md",
      expect.stringMatching(/^failed {5}6-broken\.pdf: \w+/),
      "1 created, 0 replaced, 0 unchanged, 5 failed",
      "",
    ]);
  });

  test("--prune deletes what the folders don't hold any more, within the prefix alone", async () => {
    await write({ "wiki/a.md": "A", "wiki/b.md": "B", "site/x.md": "X" });
    const tenant = await platform.app.tenants.findTenant(tenantId);
    if (!tenant) throw new Error("The tenant was not made");
    const own = {
      source: `${platformPrefix}y.md`,
      url: null,
      mediaType: "text/markdown",
      text: "Y",
    };
    await platform.app.syncDocuments(tenant, platformPrefix, [own]);
    await documents(["add", "site"]);
    await documents(["add", "wiki", "--prefix", "wiki/"]);
    await rm(join(folder, "wiki/b.md"));
    const pruned = await documents(["add", "wiki", "--prefix", "wiki/", "--prune"]);
    expect(pruned.out.split("\n")).toEqual([
      "unchanged  wiki/a.md",
      "deleted    wiki/b.md",
      "0 created, 0 replaced, 1 unchanged, 0 failed, 1 deleted",
      "",
    ]);
    await documents(["add", "site", "--prune"]);
    expect(await list()).toEqual(["1  platform/y.md  Y", "1  x.md  X", "2 documents"]);
  });

  test("takes relative paths from where npm was called", async () => {
    await write({ "deep/a.md": "A" });
    const { out } = await documents(["add", "a.md"], { env: { INIT_CWD: join(folder, "deep") } });
    expect(out).toContain("created    a.md");
  });

  test("knows the sources that the platform keeps for itself as the server does", async () => {
    expect(platformPrefix).toBe(reservedPrefix);
    await write({ "platform/a.md": "A" });
    const { code, out } = await documents(["add", "."]);
    expect(code).toBe(1);
    expect(out).toContain("failed     platform/a.md: Sources that begin with platform/");
  });

  test.each([
    ["a path that isn't there", ["nothing"], 1, "nothing is not there"],
    ["a folder without text", ["empty"], 1, "empty holds no files with .md, .markdown, .txt"],
    ["a file of another type", ["x.exe"], 1, "x.exe is none of .md, .markdown, .txt"],
    ["two files of one source", ["p", "q"], 1, "would both get the source a.md"],
    ["one file twice", ["p/a.md", "p/a.md"], 1, "is named twice"],
    ["--prune with a file", ["p/a.md", "--prune"], 2, "--prune takes folders"],
  ])("refuses %s before anything is sent", async (_what, args, code, text) => {
    await write({ "p/a.md": "A", "q/a.md": "A", "x.exe": "MZ", "empty/.keep": "" });
    const result = await documents(["add", ...args]);
    expect([result.code, result.out]).toEqual([code, ""]);
    expect(result.err).toContain(text);
    expect(await list()).toEqual(["0 documents"]);
  });
});

describe("documents status, retry and search", () => {
  test("tell how it is, read once more, and show what a question finds", async () => {
    await write({ "a.html": "<title>Pets</title><p>Wombats burrow.</p>", "b.pdf": "%PDF-1.4" });
    expect((await documents(["add", "."])).code).toBe(1);
    const status = await documents(["status", "a.html", "b.pdf", "c.md"]);
    expect(status.code).toBe(1);
    expect(status.out.split("\n")).toEqual([
      "complete   100%  a.html",
      expect.stringMatching(/^failed +\d+%  b\.pdf: \w+/),
      expect.stringMatching(/^missing +c\.md$/),
      "",
    ]);
    expect((await documents(["status", "a.html"])).code).toBe(0);
    const retried = await documents(["retry", "a.html"]);
    expect([retried.code, retried.out.split("\n").at(-2)]).toEqual([0, "complete   100%  a.html"]);
    expect((await documents(["retry", "b.pdf"])).code).toBe(1);
    const found = await documents(["search", "Do wombats burrow?"]);
    expect(found.out).toContain("Wombats burrow.");
    expect(found.out).toContain("1 passage\n");
    expect(found.out).not.toContain("degraded");
  });

  test("--all has all that failed read once more, a bounded number at a go, and says how many", async () => {
    const broken = { "1.pdf": "%PDF-1.4", "2.pdf": "%PDF-1.5", "3.pdf": "%PDF-1.6" };
    await write({ "a.md": "Wombats burrow.", ...broken });
    expect((await documents(["add", "."])).code).toBe(1);
    const some = await documents(["retry", "--all", "--limit", "2"]);
    expect([some.code, some.out.split("\n").at(0), some.out.split("\n").at(-2)]).toEqual([
      1,
      "3 failed documents",
      "0 complete, 2 failed, 1 left for another go",
    ]);
    await documents(["delete", "1.pdf", "2.pdf"]);
    await markFailed("a.md");
    const all = await documents(["retry", "--all"]);
    const lines = all.out.split("\n");
    expect([all.code, lines[0]]).toEqual([1, "2 failed documents"]);
    expect(lines).toContain("complete   100%  a.md");
    expect(lines).toContainEqual(expect.stringMatching(/^failed +\d+%  3\.pdf: \w+/));
    expect(lines.at(-2)).toBe("1 complete, 1 failed");
    await documents(["delete", "3.pdf"]);
    expect(await documents(["retry", "--all"])).toEqual({
      code: 0,
      out: "0 failed documents\n0 complete, 0 failed\n",
      err: "",
    });
    for (const wrong of [
      ["--all", "a.md"],
      ["a.md", "--limit", "2"],
      ["--all", "--limit", "0"],
      [],
    ])
      expect((await documents(["retry", ...wrong])).code, wrong.join(" ")).toBe(2);
  });

  test("the search says what it had to do without", async () => {
    const answer = { passages: [], degraded: ["retrieval_incomplete"] };
    const server = createServer((_request, response) => {
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${portOf(server)}`;
      const { code, out } = await documents(["search", "Wombats?"], { url });
      expect([code, out]).toEqual([0, "0 passages\ndegraded: retrieval_incomplete\n"]);
    } finally {
      await closeServer(server);
    }
  });
});

test("a server that is asked too much is asked again when it says so", async () => {
  let calls = 0;
  const server = createServer((_request, response) => {
    calls += 1;
    const body =
      calls > 1
        ? { items: [], next: null }
        : { error: { code: "RATE_LIMIT_EXCEEDED", message: "Later" } };
    response.writeHead(calls > 1 ? 200 : 429, { "Retry-After": "1" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${portOf(server)}`;
    expect(await documents(["list"], { url })).toEqual({ code: 0, out: "0 documents\n", err: "" });
    expect(calls).toBe(2);
  } finally {
    await closeServer(server);
  }
});

describe("documents delete", () => {
  test("takes sources and ids, and tells which were not there", async () => {
    await write({ "a.md": "A", "b.md": "B", "c.md": "C" });
    await documents(["add", "."]);
    const id = /^(doc_\w+) .* b\.md /m.exec((await documents(["list"])).out)?.[1] ?? "";
    const first = await documents(["delete", "a.md", id]);
    expect(first).toEqual({ code: 0, out: `deleted    a.md\ndeleted    ${id}\n`, err: "" });
    const second = await documents(["delete", "a.md", id, "..", "c.md"]);
    expect(second.code).toBe(1);
    expect(second.out.split("\n")).toEqual([
      "missing    a.md",
      `missing    ${id}`,
      "missing    ..",
      "deleted    c.md",
      "",
    ]);
    expect(await list()).toEqual(["0 documents"]);
  });
});

describe("documents list", () => {
  test("prints more documents than a page holds", async () => {
    const files = Array.from({ length: 120 }, (_, n) => [`${String(n).padStart(3, "0")}.md`, "X"]);
    await write(Object.fromEntries(files));
    await documents(["add", "."]);
    const lines = await list();
    expect(lines.slice(0, -1).map((line) => line.split("  ")[1])).toEqual(
      files.map(([name]) => name),
    );
    expect(lines.at(-1)).toBe("120 documents");
  });
});

describe("the command", () => {
  test("finds address and token by the server's own settings", async () => {
    await write({ "data/secrets.json": JSON.stringify({ adminToken }) });
    const env = {
      PORT: new URL(platform.url).port,
      ADMIN_TOKEN: "",
      DATA_DIR: join(folder, "data"),
    };
    const { code, out } = await runMiptech(["documents", "list", "--tenant", tenantId], { env });
    expect([code, out]).toEqual([0, "0 documents\n"]);
  });

  test("says what is wrong when the server can't be used", async () => {
    const other = createServer((_request, response) => response.end("<p>Hello"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const foreign = `http://127.0.0.1:${portOf(other)}`;
    const cases: [options: CommandOptions, tenant: string, text: string][] = [
      [{ env: { ADMIN_TOKEN: "wrong" } }, tenantId, "refuses the admin token: set ADMIN_TOKEN"],
      [{ env: { ADMIN_TOKEN: "" } }, tenantId, "No admin token: set ADMIN_TOKEN"],
      [{}, "nobody", "There is no active tenant nobody"],
      [{ url: foreign }, tenantId, `What answers at ${foreign} is no MIPTech server (HTTP 200)`],
    ];
    try {
      for (const [options, tenant, text] of cases) {
        const args = ["documents", "list", "--tenant", tenant];
        const result = await runMiptech(args, { url: platform.url, cwd: folder, ...options });
        expect([result.code, result.out], text).toEqual([1, ""]);
        expect(result.err).toContain(text);
        expect(result.err).not.toMatch(/\n\s+at |aaaaaa|wrong/);
      }
    } finally {
      await closeServer(other);
    }
    const gone = await runMiptech(["documents", "list", "--tenant", tenantId], { url: foreign });
    expect([gone.code, gone.out]).toEqual([1, ""]);
    expect(gone.err).toContain(`No server answers at ${foreign} (ECONNREFUSED): is it running`);
  });

  test.each([
    [[], "<noun> <command>"],
    [["--help"], "<noun> <command>"],
    [["documents", "add", "-h"], "documents <command>"],
    [["key", "--help"], "key <command>"],
    [["audit", "--help"], "audit [options]"],
  ])("%j prints its help", async (args, usage) => {
    const { code, out } = await runMiptech(args);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: npm run miptech -- ${usage}`);
    expect(out).toContain("Exit codes: ");
  });

  test.each([
    [["tenants"], "There is no command tenants"],
    [["documents"], "documents: which command?"],
    [["documents", "burn"], "There is no command documents burn"],
    [["documents", "add", "."], "--tenant ID is missing"],
    [["documents", "add", "--tenant", "x"], "documents add: PATH is missing"],
    [["documents", "delete", "--tenant", "x"], "documents delete: SOURCE_OR_ID is missing"],
    [["documents", "list", "y", "--tenant", "x"], "documents list takes no y"],
    [["documents", "list", "--prune", "--tenant", "x"], "documents list takes no --prune"],
    [["tenant", "list", "--tenant", "x"], "tenant list takes no --tenant"],
    [["tenant", "show"], "tenant show: TENANT_ID is missing"],
    [["tenant", "show", "a", "b"], "tenant show takes no b"],
    [["key", "create", "--tenant", "x", "--name", "A"], "key create: --role is missing"],
    [["key", "create", "--tenant", "x", "--role", "server"], "key create: --name is missing"],
    [["key", "revoke", "--tenant", "x"], "key revoke: KEY_ID is missing"],
    [["usage"], "--tenant ID is missing"],
    [["audit", "x"], "audit takes no x"],
    [["documents", "list", "--tenant", "x", "--url", "ftp://x"], "--url: an address"],
    [["documents", "list", "--tennant", "x"], "Unknown option '--tennant'"],
  ])("%j is a wrong command line", (args, text) => {
    expect(() => readCommandLine(args)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(text) }),
    );
  });

  test("ends with exit code 2 and a hint when its line is wrong", async () => {
    const { code, out, err } = await runMiptech(["documents", "burn"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("npm run miptech -- --help");
  });
});
