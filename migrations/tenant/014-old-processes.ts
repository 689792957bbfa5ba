import { Migration } from "@mikro-orm/migrations";

/**
 * Notices documents that a process of the release before the index has put, replaced or deleted, as it does in a rolling
 * upgrade: its transactions leave the index as it was. The whole index is marked as behind then, which has those documents
 * indexed. It is looked at when a transaction ends, since ours change documents first and the index last.
 * A later release drops this with the column `passages.search`.
 */
export class OldProcesses extends Migration {
  override up(): void {
    this.addSql(`
      create function mark_index() returns trigger language plpgsql as $$
      declare
        document text := coalesce(new.id, old.id);
        is_behind boolean := true;
      begin
        if tg_op = 'INSERT' then
          execute format('select exists (select from %1$I.passages where document_id = $1)
            and not exists (select from %1$I.search_documents where document_id = $1)', tg_table_schema)
            into is_behind using document;
        elsif tg_op = 'DELETE' then
          execute format('select exists (select from %I.search_documents where document_id = $1)', tg_table_schema)
            into is_behind using document;
        end if;
        if is_behind then
          -- In the order of all who write the index, which hold its counts first.
          execute format('update %I.search_stats set version = 0', tg_table_schema);
          execute format('update %I.search_documents set version = 0 where document_id = $1', tg_table_schema)
            using document;
        end if;
        return null;
      end $$`);
    // An old process knows no versions: it sets none for a new document, and leaves that of one that it replaces.
    this.addSql(`
      create constraint trigger mark_index_of_new after insert on documents deferrable initially deferred
      for each row when (new.live_version is null) execute function mark_index()`);
    this.addSql(`
      create constraint trigger mark_index_of_replaced after update on documents deferrable initially deferred
      for each row when (
        new.content_hash is distinct from old.content_hash and new.live_version is not distinct from old.live_version
      ) execute function mark_index()`);
    this.addSql(`
      create constraint trigger mark_index_of_deleted after delete on documents deferrable initially deferred
      for each row execute function mark_index()`);
  }
}
