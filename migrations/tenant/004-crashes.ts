import { Migration } from "@mikro-orm/migrations";

/** How many processes have died while they ran a turn. */
export class Crashes extends Migration {
  override up(): void {
    this.addSql(`alter table chat_messages add column crashes int not null default 0`);
  }
}
