import { Migration } from "@mikro-orm/migrations";

/** Documents from the web: what is read, and the pages that it has. */
export class WebSources extends Migration {
  override up(): void {
    this.addSql(`
      create table web_sources (
        id text primary key,
        seq bigint not null generated always as identity,
        url text not null,
        kind text not null check (kind in ('page', 'sitemap')),
        every_hours int,
        max_pages int not null,
        include text[] not null,
        exclude text[] not null,
        state text not null check (state in ('queued', 'reading', 'complete', 'failed')),
        error_code text,
        error text,
        tries int not null default 0,
        read bigint not null default 0,
        is_refresh_wanted boolean not null default false,
        is_leaving boolean not null default false,
        due_at timestamptz,
        fetched_at timestamptz,
        holder text,
        held_until timestamptz,
        created_at timestamptz not null
      )`);
    this.addSql(`create unique index web_sources_url on web_sources (url) where not is_leaving`);
    this.addSql(`create unique index web_sources_order on web_sources (seq)`);
    this.addSql(`
      create table web_pages (
        web_source_id text not null references web_sources (id) on delete cascade,
        url text not null,
        place int not null,
        read bigint not null,
        state text not null check (state in ('waiting', 'done', 'failed')),
        is_leaving boolean not null default false,
        is_put boolean not null default false,
        tries int not null default 0,
        gone_count int not null default 0,
        etag text,
        last_modified text,
        error_code text,
        error text,
        due_at timestamptz not null,
        primary key (web_source_id, url)
      )`);
    this.addSql(
      `create index web_pages_waiting on web_pages (web_source_id, due_at, place) where state = 'waiting'`,
    );
    this.addSql(`create index web_pages_url on web_pages (url)`);
  }
}
