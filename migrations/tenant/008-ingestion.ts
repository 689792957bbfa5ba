import { Migration } from "@mikro-orm/migrations";

/**
 * What is brought, as it was brought, and what becomes of it. A document has the version that is live and, while that
 * is taken in or where that failed, a newer one.
 */
export class Ingestion extends Migration {
  override up(): void {
    this.addSql(`alter table documents add column live_version text`);
    this.addSql(`
      create table document_versions (
        id text primary key,
        seq bigint not null generated always as identity,
        document_id text not null references documents (id) on delete cascade,
        title text,
        url text,
        media_type text not null,
        charset text,
        original bytea not null,
        size int not null,
        hash text not null,
        state text not null check (state in ('queued', 'parsing', 'embedding', 'complete', 'failed')),
        progress int not null default 0,
        error_code text,
        error text,
        vectors int,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    this.addSql(`create index document_versions_order on document_versions (document_id, seq)`);
    this.addSql(`
      insert into document_versions
        (id, document_id, title, url, media_type, original, size, hash, state, progress, created_at)
      select 'ver_' || replace(gen_random_uuid()::text, '-', ''), id, title, url, media_type,
        convert_to(content, 'UTF8'), octet_length(content), content_hash, 'complete', 100, created_at
      from documents`);
    this.addSql(
      `update documents d set live_version = v.id from document_versions v where v.document_id = d.id`,
    );
    this.addSql(`
      create function announce_document_change() returns trigger language plpgsql as $$
      begin
        perform pg_notify('document_changed', tg_table_schema || '/' || coalesce(new.document_id, old.document_id));
        return null;
      end $$`);
    this.addSql(`
      create trigger announce_document_change after insert or update or delete on document_versions
      for each row execute function announce_document_change()`);
  }
}
