import { Migration } from "@mikro-orm/migrations";

/** What a reader thought of an answer, and what the answer had to do without. */
export class Feedback extends Migration {
  override up(): void {
    this.addSql(`
      alter table chat_messages
        add column degraded text[],
        add column rating text check (rating in ('up', 'down')),
        add column rating_comment text`);
  }
}
