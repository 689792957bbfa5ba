import { Migration } from "@mikro-orm/migrations";

/**
 * Who calls: users under ids that the chats can tell from visitors', API keys, tickets, and the audit log. Moments
 * by which lists are ordered are kept to the millisecond, as exactly as a page's cursor names them.
 */
export class Access extends Migration {
  override up(): void {
    this.renameUsers();
    this.extendUsers();
    this.makeKeys();
    this.makeTickets();
    this.makeAuditLog();
  }

  /** The ids were UUIDs; nothing but people with psql has made any. */
  private renameUsers(): void {
    this.addSql(
      `alter table public.external_user_mapping drop constraint external_user_mapping_user_id_fkey`,
    );
    this.addSql(`alter table public.users alter column id drop default`);
    const renamed = (column: string) => `'user_' || replace(${column}::text, '-', '')`;
    this.addSql(`alter table public.users alter column id type text using ${renamed("id")}`);
    this.addSql(`
      alter table public.external_user_mapping alter column user_id type text using ${renamed("user_id")}`);
    this.addSql(
      `alter table public.users alter column id set default ${renamed("gen_random_uuid()")}`,
    );
    this.addSql(`
      alter table public.users add constraint users_id_form check (id ~ '^user_[A-Za-z0-9_-]{1,123}$')`);
    // A tie between two tenants would let one's token name the other's user.
    this.addSql(`alter table public.users add constraint users_of_tenant unique (tenant_id, id)`);
    this.addSql(`
      alter table public.external_user_mapping
        add constraint external_user_mapping_user foreign key (tenant_id, user_id)
          references public.users (tenant_id, id) on delete cascade,
        add constraint external_user_mapping_once unique (tenant_id, user_id)`);
  }

  private extendUsers(): void {
    this.addSql(`
      alter table public.users
        add column role text not null default 'member' check (role in ('member', 'admin')),
        add column status text not null default 'active' check (status in ('active', 'blocked')),
        add column updated_at timestamptz not null default now(),
        alter column created_at type timestamptz(3)`);
    this.addSql(`drop index public.users_tenant`);
    this.addSql(`create index users_tenant on public.users (tenant_id, created_at desc, id desc)`);
    this.addSql(`
      create function public.announce_user_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' then
          new.updated_at := now();
        end if;
        perform pg_notify('user_changed', coalesce(new.id, old.id));
        return coalesce(new, old);
      end $$`);
    this.addSql(`
      create trigger announce_user_change before insert or update or delete on public.users
      for each row execute function public.announce_user_change()`);
    this.addSql(`
      create function public.announce_user_tie() returns trigger language plpgsql as $$
      begin
        if tg_op <> 'INSERT' then
          perform pg_notify('user_changed', old.user_id);
        end if;
        if tg_op <> 'DELETE' then
          perform pg_notify('user_changed', new.user_id);
        end if;
        return null;
      end $$`);
    this.addSql(`
      create trigger announce_user_tie after insert or update or delete on public.external_user_mapping
      for each row execute function public.announce_user_tie()`);
  }

  private makeKeys(): void {
    this.addSql(`
      create table public.api_keys (
        id text primary key check (id ~ '^[A-Za-z0-9_-]{1,128}$'),
        tenant_id text not null references public.tenants (id) on delete cascade,
        role text not null check (role in ('publishable', 'server', 'admin')),
        name text not null,
        prefix text not null,
        hash text not null unique check (hash ~ '^[0-9a-f]{64}$'),
        origins text[] not null default '{}',
        created_at timestamptz(3) not null default now(),
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        last_used_at timestamptz(3)
      )`);
    this.addSql(
      `create index api_keys_tenant on public.api_keys (tenant_id, created_at desc, id desc)`,
    );
    this.addSql(`
      create function public.announce_key_change() returns trigger language plpgsql as $$
      begin
        perform pg_notify('key_changed', coalesce(new.id, old.id));
        return null;
      end $$`);
    this.addSql(`
      create trigger announce_key_change after insert or delete on public.api_keys
      for each row execute function public.announce_key_change()`);
    // Each use of a key would have all processes read it anew.
    this.addSql(`
      create trigger announce_changed_key after update on public.api_keys for each row
      when (to_jsonb(old) - 'last_used_at' is distinct from to_jsonb(new) - 'last_used_at')
      execute function public.announce_key_change()`);
  }

  /** Unlogged: a crash of the database may lose what is good for half a minute. */
  private makeTickets(): void {
    this.addSql(`
      create unlogged table public.tickets (
        hash text primary key,
        tenant_id text not null references public.tenants (id) on delete cascade,
        holder jsonb not null,
        expires_at timestamptz(3) not null
      )`);
    this.addSql(`create index tickets_expiry on public.tickets (expires_at)`);
  }

  /** Its entries outlive their tenants, so nothing ties them. What may be done with it, its grants say too. */
  private makeAuditLog(): void {
    this.addSql(`
      create table public.audit_log (
        seq bigint generated always as identity primary key,
        id text not null unique,
        at timestamptz(3) not null,
        tenant_id text,
        actor_kind text not null,
        actor_id text,
        actor_address text not null,
        action text not null,
        target text,
        details json not null
      )`);
    this.addSql(`create index audit_log_tenant on public.audit_log (tenant_id, seq desc)`);
    this.addSql(`
      create function public.refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'public.% can only be added to', tg_table_name using errcode = 'insufficient_privilege';
      end $$`);
    this.addSql(`
      create trigger append_only before update or delete or truncate on public.audit_log
      for each statement execute function public.refuse_change()`);
  }
}
