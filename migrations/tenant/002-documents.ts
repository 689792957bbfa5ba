import { Migration } from "@mikro-orm/migrations";

/** Without the marks that PostgreSQL's parser would make tags, paths and addresses of, as the search asks. */
const searchable = (column: string) => `translate(${column}, '<>/:=', '     ')`;

/** Documents and the passages that are searched. A passage repeats its document's title: the search weighs it. */
export class Documents extends Migration {
  override up(): void {
    this.addSql(`
      create table documents (
        id text primary key,
        source text not null unique,
        title text not null,
        url text,
        media_type text not null,
        content text not null,
        content_hash text not null,
        created_at timestamptz not null default now()
      )`);
    this.addSql(`
      create table passages (
        id text primary key,
        document_id text not null references documents (id) on delete cascade,
        rank int not null,
        title text not null,
        heading text not null,
        content text not null,
        start_offset int not null,
        search tsvector not null generated always as (
          setweight(to_tsvector('pg_catalog.english', ${searchable("title")}), 'A') ||
          setweight(to_tsvector('pg_catalog.english', ${searchable("heading")}), 'B') ||
          setweight(to_tsvector('pg_catalog.english', ${searchable("content")}), 'D')
        ) stored
      )`);
    this.addSql(`create unique index passages_order on passages (document_id, rank)`);
    this.addSql(`create index passages_search on passages using gin (search)`);
  }
}
