import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { exampleQuery } from "../../api/graphql/examples.ts";
import { schema } from "../../api/graphql/schema.ts";

const root = join(import.meta.dirname, "../..");
const script = join(root, "scripts/print-schema.ts");
const run = promisify(execFile);

describe("schema.graphql", () => {
  test("is what the code says", async () => {
    await expect(run(process.execPath, [script, "--check"])).resolves.toBeDefined();
  });

  test("is told to be out of date when it is", async () => {
    const copy = join(root, "node_modules", ".cache", `schema-${process.pid}.graphql`);
    const text = await readFile(join(root, "schema.graphql"), "utf8");
    await writeFile(copy, text.replace("type Chat ", "type Chit "));
    try {
      await expect(run(process.execPath, [script, "--check", copy])).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining("npm run schema"),
      });
      await run(process.execPath, [script, copy]);
      expect(await readFile(copy, "utf8")).toBe(text);
    } finally {
      await rm(copy, { force: true });
    }
  });
});

describe("the schema", () => {
  test("answers each mutation with a payload of its own, from one input where it takes any", () => {
    for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const name = field.name.charAt(0).toUpperCase() + field.name.slice(1);
      expect(String(field.type)).toBe(`${name}Payload`);
      const takesNothing = ["createTicket", "refreshUserToken"].includes(field.name);
      expect(field.args.map((arg) => `${arg.name}: ${String(arg.type)}`)).toEqual(
        takesNothing ? [] : [`input: ${name}Input!`],
      );
    }
  });

  test("says of every field that only an admin sees that it is for admins", () => {
    const roots = [schema.getQueryType(), schema.getMutationType()];
    const admin = roots.flatMap((type) =>
      Object.values(type?.getFields() ?? {}).filter(({ description }) =>
        /For (?:the platform's admin|admins)\./.test(description ?? ""),
      ),
    );
    expect(admin.map(({ name }) => name).toSorted()).toEqual([
      "addWebSource",
      "apiKeys",
      "auditLog",
      "checkErasure",
      "createApiKey",
      "createTenant",
      "deleteDocument",
      "deleteTenant",
      "deleteUser",
      "deleteWebSource",
      "documentSearch",
      "documents",
      "erasure",
      "erasures",
      "markUnanswered",
      "putDocument",
      "refreshWebSource",
      "retryDocument",
      "revokeApiKey",
      "rotateApiKey",
      "setAllowedOrigins",
      "tenantById",
      "tenants",
      "unanswered",
      "updateTenant",
      "updateUser",
      "updateWebSource",
      "usage",
      "user",
      "users",
      "webSource",
      "webSources",
    ]);
  });

  test("has what GraphiQL is opened with", () => {
    const [query, ...commented] = [
      exampleQuery,
      ...(exampleQuery.match(/(?<=^# {3})(?:mutation|subscription) .+/gm) ?? []),
    ];
    expect(commented).toHaveLength(2);
    for (const text of [query, ...commented])
      expect(validate(schema, parse(text)), text).toEqual([]);
  });
});
