import { Migration } from "@mikro-orm/migrations";

/**
 * The processes that serve this database, each with its lease, and the tenants of which it has turns.
 * What a tenant's role may know of them is what `holds_lease` says.
 */
export class Processes extends Migration {
  override up(): void {
    this.addSql(
      `create table public.processes (id text primary key, expires_at timestamptz not null)`,
    );
    this.addSql(`
      create table public.process_tenants (
        process_id text not null references public.processes (id) on delete cascade,
        tenant_id text not null,
        primary key (process_id, tenant_id)
      )`);
    // The lock holds until the asking transaction ends: what it stores meanwhile is there before the
    // process can be claimed. Everybody may execute it, as PostgreSQL has it, since thousands of grants
    // on one function would stand in one another's way; it says nothing to those who know no process.
    this.addSql(`
      create function public.holds_lease(process text) returns boolean
      language plpgsql security definer set search_path = '' as $$
      begin
        perform 1 from public.processes where id = process for key share;
        return found;
      end $$`);
  }
}
