import { Migration } from "@mikro-orm/migrations";

/**
 * Where data of tenants stands beside the database: a process that has no settings for such a place can't tell that
 * something is gone from there. `left_at`: since then nobody writes there any more.
 */
export class Places extends Migration {
  override up(): void {
    this.addSql(`
      create table public.places (
        name text primary key check (name in ('vectors', 'streams')),
        left_at timestamptz
      )`);
    // What earlier releases tell of it.
    this.addSql(`
      insert into public.places (name) select 'vectors' where exists (
        select from public.erasures where counts -> 'vectors' is not null
          or (jsonb_typeof(trail -> 'versions') = 'array' and trail -> 'versions' <> '[]'::jsonb)
      )`);
  }
}
