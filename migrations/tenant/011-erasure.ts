import { Migration } from "@mikro-orm/migrations";

/**
 * What deleting leans on: the usage of a chat is found by an index, and nobody gives a chat to a user who was deleted.
 * Of such a user only a hash stays.
 */
export class Erasure extends Migration {
  override up(): void {
    this.addSql(`create index analytics_chat on analytics (chat_id)`);
    this.addSql(`
      create table erased_owners (
        hash text primary key,
        at timestamptz not null default now()
      )`);
    // Who deletes takes the same lock alone: a chat that is being made is there for them to find, or is refused.
    this.addSql(`
      create function refuse_erased_owner() returns trigger language plpgsql as $$
      declare is_erased boolean;
      begin
        perform pg_advisory_xact_lock_shared(hashtextextended('miptech owner ' || new.owner_id, 0));
        execute format('select exists (select from %I.erased_owners where hash = $1)', tg_table_schema)
          into is_erased using encode(sha256(convert_to(new.owner_id, 'UTF8')), 'hex');
        if is_erased then
          raise exception 'the owner was deleted' using errcode = 'MT001';
        end if;
        return new;
      end $$`);
    this.addSql(`
      create trigger refuse_erased_owner before insert or update of owner_id on chats
      for each row when (new.owner_id like 'user\\_%') execute function refuse_erased_owner()`);
  }
}
