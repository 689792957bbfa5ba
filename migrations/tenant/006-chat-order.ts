import { Migration } from "@mikro-orm/migrations";

/** The order in which a tenant's server reads the chats of all owners. */
export class ChatOrder extends Migration {
  override up(): void {
    this.addSql(`create index chats_order on chats (created_at desc, id desc)`);
  }
}
