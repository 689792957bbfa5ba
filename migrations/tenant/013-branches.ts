import { Migration } from "@mikro-orm/migrations";

/**
 * The messages of a chat become a tree, of which the history shows one branch. Each names what it follows: a message,
 * or its chat where it begins it. No foreign key, since messages go with their chat alone.
 */
export class Branches extends Migration {
  override up(): void {
    this.addSql(`
      alter table chat_messages
        add column parent_id text,
        add column chosen boolean not null default true`);
    this.addSql(`
      update chat_messages own set parent_id = coalesce(own.reply_to, placed.before, own.chat_id)
      from (
        select id, lag(id) over (partition by chat_id order by seq) as before from chat_messages
      ) placed
      where placed.id = own.id`);
    this.addSql(`alter table chat_messages alter column parent_id set not null`);
    this.addSql(`create index chat_messages_parent on chat_messages (parent_id, seq)`);
    this.addSql(
      `create unique index chat_messages_chosen on chat_messages (chat_id, seq) where chosen`,
    );
    // What names none goes on with what is shown; processes of the last release never name any.
    this.addSql(`
      create function follow_newest_message() returns trigger language plpgsql as $$
      begin
        new.parent_id := new.reply_to;
        if new.parent_id is null then
          execute format(
            'select id from %I.chat_messages where chat_id = $1 and chosen order by seq desc limit 1', tg_table_schema
          ) into new.parent_id using new.chat_id;
        end if;
        new.parent_id := coalesce(new.parent_id, new.chat_id);
        return new;
      end $$`);
    this.addSql(`
      create trigger follow_newest_message before insert on chat_messages
      for each row when (new.parent_id is null) execute function follow_newest_message()`);
  }
}
