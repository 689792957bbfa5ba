import { Migration } from "@mikro-orm/migrations";

/**
 * Receipts of what was deleted, and whatever is needed to look for it again. They outlive their tenants, so nothing ties
 * them. No content stands in them.
 */
export class Erasures extends Migration {
  override up(): void {
    this.addSql(`
      create table public.erasures (
        seq bigint generated always as identity primary key,
        id text not null unique,
        tenant_id text not null,
        kind text not null check (kind in ('document', 'chat', 'user', 'tenant')),
        subject_id text not null,
        actor_kind text not null,
        actor_id text,
        actor_address text not null,
        requested_at timestamptz(3) not null,
        finished_at timestamptz(3),
        state text not null check (state in ('pending', 'complete', 'failed')),
        counts jsonb not null,
        trail jsonb not null
      )`);
    this.addSql(`create index erasures_tenant on public.erasures (tenant_id, seq desc)`);
    // What asks whether a tenant was deleted, and whether a user was whom a token still names.
    this.addSql(`
      create index erasures_of_tenants on public.erasures (tenant_id) where kind = 'tenant'`);
    this.addSql(`
      create index erasures_of_users on public.erasures (tenant_id, (trail ->> 'person')) where kind = 'user'`);
  }
}
