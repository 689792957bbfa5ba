import { Migration } from "@mikro-orm/migrations";

/**
 * By what the vectors of a version were made, and where they stand. Null: it has none, or nobody knows of which model
 * they are, as of those that a release before this one has stored.
 */
export class EmbeddedBy extends Migration {
  override up(): void {
    this.addSql(`alter table document_versions add column embedded_by text`);
    this.addSql(`create index document_versions_embedded_by on document_versions (embedded_by)`);
  }
}
