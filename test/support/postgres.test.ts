import { Client } from "pg";
import { expect, inject, test } from "vitest";
import { createTestDatabase } from "./postgres.ts";

/** Runs statements one after the other; the rows of the last. */
async function query(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

test("a dropped test database takes its login and the roles named after it along, also when in use", async () => {
  const admin = inject("postgres");
  const other = await createTestDatabase(admin);
  const database = await createTestDatabase(admin);
  const name = new URL(database.url).username;
  const idle = new Client({ connectionString: database.url });
  const ended = new Promise((resolve) => idle.on("error", resolve));
  await idle.connect();
  await query(
    database.url,
    `create role "${name}/owner"`,
    `create role "${name}/tenant_demo"`,
    `grant "${name}/owner", "${name}/tenant_demo" to "${name}"`,
    `grant "${name}/tenant_demo" to "${name}/owner"`,
    `grant create on database "${name}" to "${name}/owner"`,
    `set role "${name}/owner"`,
    `create schema tenant_demo`,
    `create table tenant_demo.chats (id int)`,
    `grant usage on schema tenant_demo to "${name}/tenant_demo"`,
  );

  await database.drop();
  await ended;

  const left = `select rolname from pg_roles where rolname like 'test%'
    union all select datname from pg_database where datname like 'test%' order by 1`;
  const names = (await query(other.adminUrl, left)).map((row) => Object.values(row as object)[0]);
  expect(names.filter((found) => String(found).startsWith(name))).toEqual([]);
  expect(names).toContain(new URL(other.url).username);
  await other.drop();
});
