import { Migration } from "@mikro-orm/migrations";

/** What has changed in a chat, for those who follow it: each change has a number, the newest are kept. */
export class ChatChanges extends Migration {
  override up(): void {
    this.addSql(`alter table chats add column revision bigint not null default 0`);
    // What has changed is told as it stands now, so a change names it and holds none of it.
    this.addSql(`
      create table chat_changes (
        chat_id text not null references chats (id) on delete cascade,
        revision bigint not null,
        kind text not null check (kind in ('message', 'title', 'branch')),
        message_id text,
        created_at timestamptz not null default now(),
        primary key (chat_id, revision)
      )`);
  }
}
