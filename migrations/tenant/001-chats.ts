import { Migration } from "@mikro-orm/migrations";

/** Chats and their turns. Names are not qualified: the migrator runs this once in each tenant's schema. */
export class Chats extends Migration {
  override up(): void {
    this.addSql(`
      create table chats (
        id text primary key,
        title text not null,
        user_id text,
        visitor_id text,
        context jsonb not null default '{}',
        owner_id text,
        created_at timestamptz not null,
        updated_at timestamptz not null
      )`);
    this.addSql(
      `create index chats_owner on chats (owner_id, created_at desc, id desc) where owner_id is not null`,
    );
    this.addSql(`
      create table chat_messages (
        id text primary key,
        seq bigint generated always as identity,
        chat_id text not null references chats (id) on delete cascade,
        role text not null check (role in ('user', 'assistant', 'system')),
        content text not null default '',
        message_type text not null default 'text',
        state text not null check (state in ('queued', 'streaming', 'complete', 'error')),
        reply_to text references chat_messages (id) on delete cascade,
        idempotency_scope text,
        client_message_id text,
        attempt int not null default 0,
        owner text,
        cancel_requested boolean not null default false,
        finish_reason text,
        error_code text,
        error_message text,
        model text,
        sources json,
        prompt_tokens int,
        completion_tokens int,
        total_tokens int,
        cost_estimate numeric(14, 8),
        usage_estimated boolean,
        created_at timestamptz not null,
        ended_at timestamptz
      )`);
    this.addSql(`create unique index chat_messages_order on chat_messages (chat_id, seq)`);
    this.addSql(`
      create unique index chat_messages_once on chat_messages (idempotency_scope, client_message_id)
      where client_message_id is not null and idempotency_scope is not null`);
    this.addSql(`
      create index chat_messages_unfinished on chat_messages (chat_id)
      where role = 'assistant' and state in ('queued', 'streaming')`);
    this.addSql(`create index chat_messages_reply on chat_messages (reply_to)`);
    this.addSql(`
      create table analytics (
        id bigint generated always as identity primary key,
        chat_id text not null,
        message_id text not null,
        attempt int not null,
        outcome text not null,
        model text,
        prompt_tokens int not null,
        completion_tokens int not null,
        total_tokens int not null,
        cost_estimate numeric(14, 8) not null,
        usage_estimated boolean not null,
        first_chunk_ms int,
        total_ms int not null,
        created_at timestamptz not null default now()
      )`);
    this.addSql(`create index analytics_time on analytics (created_at)`);
    this.addSql(`create table usage_days (day date primary key, messages int not null)`);
  }
}
