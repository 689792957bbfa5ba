import { vi } from "vitest";
import type { PlantedWorld } from "./world.ts";

/**
 * Makes the tenant's messages fail by the words that are in them, each in a way in which PostgreSQL repeats them:
 * the whole row, a key, what a function raises, what can't be read. `sleep` holds the statement up.
 */
export async function makeMessagesFail({ adminSql, tenantId }: PlantedWorld): Promise<void> {
  const table = `tenant_${tenantId}.chat_messages`;
  await adminSql(`alter table ${table} add constraint no_check check (content not like '%check%')`);
  await adminSql(`create unique index on ${table} (content) where content like '%unique%'`);
  await adminSql(`
    create function tenant_${tenantId}.trip() returns trigger language plpgsql as $$
    begin
      if new.content like '%raise%' then raise exception 'Nobody says %', new.content; end if;
      if new.content like '%cast%' then perform new.content::int; end if;
      if new.content like '%syntax%' then execute new.content; end if;
      if new.content like '%sleep%' then perform pg_sleep(20); end if;
      return new;
    end $$`);
  await adminSql(
    `create trigger trip before insert or update on ${table} for each row execute function tenant_${tenantId}.trip()`,
  );
}

/** Takes the rule back that refuses `check`. */
export async function allowCheck({ adminSql, tenantId }: PlantedWorld): Promise<void> {
  await adminSql(`alter table tenant_${tenantId}.chat_messages drop constraint no_check`);
}

/** Ends the session whose statement holds the words, once there is one. */
export async function loseConnection({ adminSql }: PlantedWorld, words: string): Promise<void> {
  await vi.waitUntil(
    async () => {
      const ended = await adminSql(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where state = 'active' and pid <> pg_backend_pid() and position($1 in query) > 0`,
        [words],
      );
      return ended.length > 0;
    },
    { timeout: 10_000 },
  );
}
