import { Migration } from "@mikro-orm/migrations";

/**
 * What language models have cost on each UTC day, and what is held back for answers under way; US dollars. `held` is
 * the sum of the day's holds.
 */
export class Budgets extends Migration {
  override up(): void {
    this.addSql(`
      create table budget_days (
        day date primary key,
        spent numeric(20, 8) not null,
        held numeric(20, 8) not null
      )`);
    // Without a reference to the message: what is held for one that is deleted has to be charged first.
    this.addSql(`
      create table budget_holds (
        message_id text not null,
        attempt int not null,
        chat_id text not null,
        day date not null,
        amount numeric(20, 8) not null,
        primary key (message_id, attempt)
      )`);
  }
}
