import { Migration } from "@mikro-orm/migrations";

/** What checking an answer's citations has found, and the questions that the documents didn't answer. */
export class Unanswered extends Migration {
  override up(): void {
    this.addSql(`alter table chat_messages add column citations json`);
    // The words stand in the chat alone, and so go with it.
    this.addSql(`
      create table unanswered (
        message_id text primary key references chat_messages (id) on delete cascade,
        seq bigint generated always as identity,
        reason text not null check (reason in ('nothing_found', 'not_in_documents')),
        created_at timestamptz not null,
        handled_at timestamptz
      )`);
    this.addSql(`create unique index unanswered_order on unanswered (seq desc)`);
    this.addSql(`create index unanswered_open on unanswered (seq desc) where handled_at is null`);
  }
}
