import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runMiptech, type CommandOptions } from "../support/miptech.ts";
import { startPlatform, type Platform } from "../support/platform.ts";

let platform: Platform;
let folder: string;

beforeAll(async () => {
  platform = await startPlatform();
  folder = await mkdtemp(join(tmpdir(), "miptech-"));
});
afterAll(async () => {
  await platform?.close();
  await rm(folder, { recursive: true, force: true });
});

const run = (line: string | readonly string[], options: CommandOptions = {}) =>
  runMiptech(typeof line === "string" ? line.split(" ") : line, {
    url: platform.url,
    cwd: folder,
    ...options,
  });

/** What a command prints that must do what it says. */
async function print(line: string | readonly string[], options?: CommandOptions): Promise<string> {
  const { code, out, err } = await run(line, options);
  expect([code, err]).toEqual([0, ""]);
  return out;
}

async function printJson<Answer>(line: string): Promise<Answer> {
  return JSON.parse(await print(`${line} --json`)) as Answer;
}

async function isGood(key: string, tenantId: string): Promise<boolean> {
  const headers = { "X-API-Key": key, "X-Tenant-ID": tenantId };
  return (await fetch(`${platform.url}/api/v1/chat`, { headers })).status === 200;
}

const isServed = async (id: string) =>
  (await fetch(`${platform.url}/api/v1/auth/tenant/${id}`)).status === 200;

describe("tenants", () => {
  test("are made, listed, shown, changed, suspended and activated", async () => {
    const name = ["--name", "Acme Inc.", "--domain", "acme.example", "--plan", "pro"];
    const origins = ["--origin", "https://acme.example", "--origin", "http://localhost:5173"];
    const settings = ["--set", "limits.person_share=20", "--set", "prompt=Be kind = good."];
    await print(["tenant", "create", "acme", ...name, ...origins, ...settings]);
    expect(await isServed("acme")).toBe(true);
    expect((await print("tenant list")).split("\n")).toEqual([
      "ID    NAME       STATUS  PLAN  DOMAIN",
      "acme  Acme Inc.  active  pro   acme.example",
      "1 tenant",
      "",
    ]);
    await writeFile(join(folder, "prompt.txt"), "Be brief.\n");
    const update = ["--set", "prompt=@prompt.txt", "--unset", "limits.person_share"];
    const branding = ["--set", 'branding={"color":"#fff"}', "--domain", ""];
    await print(["tenant", "update", "acme", ...update, ...branding]);
    expect(await printJson("tenant show acme")).toMatchObject({
      id: "acme",
      name: "Acme Inc.",
      domain: null,
      status: "active",
      settings: {
        plan: "pro",
        allowed_origins: ["https://acme.example", "http://localhost:5173"],
        prompt: "Be brief.",
        branding: { color: "#fff" },
        limits: {},
      },
      limits: { messages_per_day: 5000, person_share: 50 },
    });
    const shown = await print("tenant show acme");
    expect(shown).toMatch(/^name {4}Acme Inc\.$/m);
    expect(shown).toMatch(/^ {4}"prompt": "Be brief\."/m);
    expect(shown).toMatch(/^ {2}requests_per_minute +the server's$/m);
    expect(await print("tenant suspend acme")).toMatch(/^status +suspended$/m);
    await expect.poll(() => isServed("acme")).toBe(false);
    expect(await print("key list --tenant acme")).toContain("0 keys");
    expect(await print("tenant activate acme")).toMatch(/^status +active$/m);
    await expect.poll(() => isServed("acme")).toBe(true);
  });

  test.each([
    ["tenant create ACME", 1, "id: 1 to 48 lower-case letters"],
    ["tenant create acme", 1, "There is a tenant of that id already"],
    ["tenant show nobody", 1, "There is no active tenant nobody"],
    ["tenant update acme --set limits.x=1", 1, "settings.limits.x: there is no such setting"],
    ["tenant update acme --set plan.x=1", 1, "settings.plan: a text"],
    ["tenant update acme", 2, "tenant update: nothing is to be changed"],
    ["tenant update acme --set prompt", 2, "--set prompt: NAME=VALUE is expected"],
    ["tenant update acme --set a=1 --unset a", 2, "a: it is given twice"],
    ["tenant update acme --set a=1 --set a.b=2", 2, "a.b: it is set as a whole already"],
    ["tenant update acme --set prompt=@nothing.txt", 1, "nothing.txt"],
  ])("%s ends with %i", async (line, code, text) => {
    const result = await run(line);
    expect([result.code, result.out]).toEqual([code, ""]);
    expect(result.err).toContain(text);
    expect(result.err).not.toMatch(/\n\s+at /);
  });
});

describe("keys", () => {
  test("are made, listed, rotated and revoked", async () => {
    await print("tenant create keys");
    const made = ["--role", "server", "--name", "Back end", "--tenant", "keys"];
    const key = await print(["key", "create", ...made, "--quiet"]);
    expect(key).toMatch(/^sk_[\w-]{43}\n$/);
    expect(await isGood(key.trim(), "keys")).toBe(true);
    const [shown] = await printJson<{ id: string }[]>("key list --tenant keys");
    const id = shown?.id ?? "";
    const list = await print("key list --tenant keys");
    expect(list).toContain(`${id}  ${key.slice(0, 11)}…  server  Back end  never`);
    expect(list).not.toContain(key.trim());

    const rotated = await print(`key rotate ${id} --grace 0 --tenant keys`);
    const fresh = /^key +(sk_\S+)$/m.exec(rotated)?.[1] ?? "";
    expect(await isGood(fresh, "keys")).toBe(true);
    await expect.poll(() => isGood(key.trim(), "keys")).toBe(false);
    const freshId = /^id +(\S+)$/m.exec(rotated)?.[1] ?? "";
    const { code, out } = await run(`key revoke ${freshId} key_nothing --tenant keys`);
    expect([code, out.split("\n")]).toEqual([
      1,
      [`revoked  ${freshId}`, "failed   key_nothing: Key not found", ""],
    ]);
    await expect.poll(() => isGood(fresh, "keys")).toBe(false);
    expect(await print(`key revoke ${id} --tenant keys`)).toBe(`revoked  ${id}\n`);
  });

  test("take origins and an end", async () => {
    await print("tenant create pages");
    const line = "key create --tenant pages --role publishable --name Site";
    const made = await printJson(
      `${line} --origin https://a.example --origin https://b.example --expires 2090-01-31`,
    );
    expect(made).toMatchObject({
      key: expect.stringMatching(/^pk_/),
      origins: ["https://a.example", "https://b.example"],
      expires_at: "2090-01-31T00:00:00.000Z",
    });
    for (const [wrong, code, text] of [
      ["--expires soon", 2, "--expires: a day such as"],
      ["--expires 2000-01-01", 1, "expires_at: a moment in the future"],
      ["--origin https://a.example/", 1, "origins: in place 1, an origin"],
    ] as const) {
      const result = await run(`${line} ${wrong}`);
      expect([result.code, result.out]).toEqual([code, ""]);
      expect(result.err).toContain(text);
    }
  });

  test("of an admin administer their own tenant from the same command line", async () => {
    await print("tenant create mine");
    await print("tenant create theirs");
    const line = "key create --tenant mine --role admin --name Me --quiet";
    const env = { ADMIN_TOKEN: (await print(line)).trim() };
    await print("tenant update mine --set prompt=Hello", { env });
    expect(await print("origin add https://mine.example --tenant mine", { env })).toBe(
      "added      https://mine.example\n",
    );
    for (const [wrong, text] of [
      ["tenant update mine --plan pro", "settings.plan: only the platform's admin sets this"],
      ["tenant list", "admin token"],
      ["key list --tenant theirs", "refuses the admin token"],
      ["tenant show theirs", "refuses the admin token"],
    ] as const) {
      const result = await run(wrong, { env });
      expect([result.code, result.out]).toEqual([1, ""]);
      expect(result.err).toContain(text);
      expect(result.err).not.toContain(env.ADMIN_TOKEN);
    }
  });
});

test("origins are added and removed", async () => {
  await print("tenant create origins");
  const all = "--tenant origins";
  expect(await print(`origin list ${all}`)).toBe("none but those of CORS_ORIGINS\n");
  await print(`origin add https://a.example https://b.example ${all}`);
  expect(await print(`origin add https://b.example ${all}`)).toBe("unchanged  https://b.example\n");
  const { code, out } = await run(`origin remove https://a.example https://c.example ${all}`);
  expect([code, out]).toEqual([1, "removed    https://a.example\nmissing    https://c.example\n"]);
  expect(await printJson(`origin list ${all}`)).toEqual({ origins: ["https://b.example"] });
  const wrong = await run(`origin add b.example ${all}`);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("an origin such as")]);
});

test("users are listed, shown, blocked, unblocked and given roles", async () => {
  await print("tenant create people");
  const key = (await print("key create --tenant people --role server --name S --quiet")).trim();
  const response = await fetch(`${platform.url}/api/v1/auth/token`, {
    method: "POST",
    headers: { "X-API-Key": key, "X-Tenant-ID": "people", "Content-Type": "application/json" },
    body: JSON.stringify({ user: { id: "ann", name: "Ann \u001b[31m" } }),
  });
  const { user, access_token: token } = (await response.json()) as {
    user: { id: string };
    access_token: string;
  };
  const all = "--tenant people";
  const list = await print(`user list ${all}`);
  expect(list).toContain(`${user.id}  ann`);
  // A name is no command to the terminal.
  expect(list).toContain("Ann \ufffd[31m");
  const isIn = async () => {
    const headers = { Authorization: `Bearer ${token}`, "X-Tenant-ID": "people" };
    return (await fetch(`${platform.url}/api/v1/chat`, { headers })).status === 200;
  };
  expect(await isIn()).toBe(true);
  expect(await print(`user block ${user.id} ${all}`)).toBe(`blocked  ${user.id}\n`);
  await expect.poll(isIn).toBe(false);
  expect(await print(`user show ${user.id} ${all}`)).toMatch(/^status +blocked$/m);
  expect(await print(`user unblock ${user.id} ${all}`)).toBe(`unblocked  ${user.id}\n`);
  expect(await print(`user role ${user.id} --role admin ${all}`)).toMatch(/^role +admin$/m);
  await expect.poll(isIn).toBe(true);
  const missing = await run(`user block user_nobody ${all}`);
  expect([missing.code, missing.out]).toEqual([1, "failed   user_nobody: User not found\n"]);
});

test("usage and audit tell what was done", async () => {
  await print("tenant create told");
  await print("tenant update told --plan pro");
  await print("key create --tenant told --role server --name S --quiet");
  const usage = await print("usage --tenant told --from 2026-11-01 --to 2026-11-02");
  expect(usage.split("\n").slice(0, 3)).toEqual([
    "2026-11-01 to 2026-11-02, days in UTC",
    "DAY    TURNS  FAILED  TOKENS  DOLLARS",
    "total  0      0       0       0.0000",
  ]);
  expect(usage).toContain("no limit");
  const audit = await print("audit --tenant told");
  const actions = audit.split("\n").map((line) => line.split(/ {2,}/));
  expect(actions.map(([, tenant, who, , action]) => `${tenant} ${who} ${action}`)).toEqual([
    "TENANT WHO ACTION",
    "told platform key.create",
    "told platform tenant.update",
    "told platform tenant.create",
    "undefined undefined undefined",
  ]);
  expect(audit).toContain("settings.plan: null → pro");
  const [last] = await printJson<{ action: string }[]>("audit --limit 1");
  expect(last).toMatchObject({ action: "key.create", tenant_id: "told" });
  expect((await run("audit --limit 0")).code).toBe(2);
});

test("unanswered questions are listed, as text alone, and marked as dealt with", async () => {
  await print("tenant create asked");
  const asked = `${platform.url}/api/v1/chat`;
  const headers = { "X-Tenant-ID": "asked", "Content-Type": "application/json" };
  const post = async (
    path: string,
    body: object,
  ): Promise<{ id: string; reply: { id: string } }> => {
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return JSON.parse(await (await fetch(asked + path, init)).text());
  };
  const chat = await post("", {});
  const { reply } = await post(`/${chat.id}/messages`, { content: "Where\nis \u001b[31mit kept?" });
  const listed = await print("unanswered list --tenant asked");
  expect(listed).toContain(reply.id);
  expect(listed).toContain("nothing_found");
  expect(listed).toMatch(/1 question\n$/);
  expect(listed).not.toContain("\u001b");
  const marked = await run(`unanswered handle ${reply.id} msg_none --tenant asked`);
  expect([marked.code, marked.out]).toEqual([1, `handled  ${reply.id}\nmissing  msg_none\n`]);
  expect(await printJson("unanswered list --tenant asked")).toEqual([]);
});

test("documents answer in JSON too", async () => {
  await print("tenant create papers");
  await writeFile(join(folder, "a.md"), "# A");
  const added = await printJson("documents add a.md --tenant papers");
  expect(added).toEqual([{ source: "a.md", status: "created" }]);
  const listed = await printJson("documents list --tenant papers");
  expect(listed).toMatchObject([{ source: "a.md", title: "A", size: 3 }]);
  const deleted = await run("documents delete a.md b.md --tenant papers --json");
  expect([deleted.code, JSON.parse(deleted.out)]).toEqual([
    1,
    [
      { source: "a.md", status: "deleted" },
      { source: "b.md", status: "missing" },
    ],
  ]);
});
