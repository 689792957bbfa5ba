import { Migration } from "@mikro-orm/migrations";

/** What stands above the tenants. Ids are checked here too, since tenants are also made with psql. */
export class Tenants extends Migration {
  override up(): void {
    this.addSql(`
      create table public.tenants (
        id text primary key check (id ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(id) <= 48),
        name text not null,
        domain text,
        status text not null default 'active',
        settings jsonb not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    this.addSql(`
      create table public.users (
        id uuid primary key default gen_random_uuid(),
        tenant_id text not null references public.tenants (id) on delete cascade,
        email text,
        name text,
        created_at timestamptz not null default now()
      )`);
    this.addSql(`create index users_tenant on public.users (tenant_id)`);
    this.addSql(`
      create table public.external_user_mapping (
        tenant_id text not null references public.tenants (id) on delete cascade,
        external_user_id text not null,
        user_id uuid not null references public.users (id) on delete cascade,
        created_at timestamptz not null default now(),
        primary key (tenant_id, external_user_id)
      )`);
    this.addSql(`
      create function public.announce_tenant_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' then
          new.updated_at := now();
        end if;
        perform pg_notify('tenant_changed', coalesce(new.id, old.id));
        return coalesce(new, old);
      end $$`);
    this.addSql(`
      create trigger announce_tenant_change before insert or update or delete on public.tenants
      for each row execute function public.announce_tenant_change()`);
  }
}
