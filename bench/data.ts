/**
 * How much data bears: pages of a long chat in a large tenant, and thousands of tenants.
 * Usage: npm run bench:data -- [--quick] [--messages N] [--chat N] [--tenants N]
 */
import { parseArgs } from "node:util";
import { migrateTenants } from "../api/adapters/postgres/migrate-tenants.ts";
import { openScratchPlatform, type ScratchPlatform } from "../scripts/scratch-platform.ts";
import type { Tenant } from "../api/core/tenant.ts";

/** Messages of a page, and how often each is read. */
const page = 50;
const reads = 200;
/** Of the chats beside the long one. */
const chatLength = 1000;
/** Tenants that begin at the same time. */
const together = 4;
/** Creating tenants ends after so long, however many there are. */
const mostCreatingMs = 8 * 60_000;

const write = (line = "") => void process.stdout.write(`${line}\n`);

function readOptions() {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      messages: text,
      chat: text,
      tenants: text,
    },
  });
  const standard = values.quick
    ? { messages: 100_000, chat: 10_000, tenants: 100 }
    : { messages: 1_000_000, chat: 100_000, tenants: 5000 };
  const read = (name: keyof typeof standard) => {
    const given = values[name] ?? String(standard[name]);
    if (!/^[1-9]\d{0,7}$/.test(given))
      throw new Error(`--${name} ${given}: a number from 1 to 99999999 is expected`);
    return Number(given);
  };
  return { messages: read("messages"), chat: read("chat"), tenants: read("tenants") };
}

/** Fills the tenant with one chat of `chat` messages and as many of a thousand as are missing to `messages`. */
async function fill(
  { admin, postgres }: ScratchPlatform,
  tenant: Tenant,
  messages: number,
  chat: number,
): Promise<void> {
  await postgres.work(tenant, (em) => em.execute("select 1"));
  const chats = Math.max(0, Math.ceil((messages - chat) / chatLength));
  await admin.query("set search_path to tenant_big");
  await admin.query(
    `insert into chats (id, title, created_at, updated_at)
     select 'chat_' || n, 'Chat', now(), now() from generate_series(0, $1::int) n`,
    [chats],
  );
  // With parents, so that no trigger looks for them.
  await admin.query(
    `insert into chat_messages (id, chat_id, role, content, state, parent_id, created_at, attempt)
     select 'msg_' || c || '_' || n, 'chat_' || c, case n % 2 when 1 then 'user' else 'system' end,
       repeat('Text of about two hundred characters. ', 5), 'complete',
       case n when 1 then 'chat_' || c else 'msg_' || c || '_' || (n - 1) end, now(), 0
     from generate_series(0, $1::int) c, generate_series(1, case c when 0 then $2::int else $3::int end) n`,
    [chats, chat, chatLength],
  );
  await admin.query("analyze chats");
  await admin.query("analyze chat_messages");
  await admin.query("reset search_path");
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function percentile(numbers: readonly number[], share: number): string {
  const sorted = numbers.toSorted((one, other) => one - other);
  return (sorted[Math.ceil(sorted.length * share) - 1] ?? NaN).toFixed(2);
}

const shown = (ms: readonly number[]) => `${percentile(ms, 0.5)} | ${percentile(ms, 0.95)}`;

/** Prints how long pages of the long chat take, beside the plain query on a connection of its own. */
async function readPages(
  { admin, postgres }: ScratchPlatform,
  tenant: Tenant,
  chat: number,
): Promise<void> {
  const { rows } = await admin.query<{ place: string }>(
    "select seq::text as place from tenant_big.chat_messages where chat_id = 'chat_0' order by seq",
  );
  write(`\n| page of ${page} messages, ms | ours p50 | p95 | plain SQL p50 | p95 |`);
  write("| --- | ---: | ---: | ---: | ---: |");
  const places = { first: 0, middle: Math.floor(chat / 2), last: Math.max(0, chat - page) };
  for (const [name, index] of Object.entries(places)) {
    const after = rows[index - 1]?.place;
    const [ours, plain]: [number[], number[]] = [[], []];
    for (let count = 0; count < reads; count += 1) {
      ours.push(
        await time(async () => {
          const request = after === undefined ? { limit: page } : { limit: page, after };
          const { items } = await postgres.chats.listMessages(tenant, "chat_0", request);
          if (items.length !== Math.min(page, chat)) throw new Error(`${items.length} messages`);
        }),
      );
      plain.push(
        await time(() =>
          admin.query(
            `select * from tenant_big.chat_messages where chat_id = 'chat_0' and seq > $1 and chosen
             order by seq limit $2`,
            [after ?? 0, page],
          ),
        ),
      );
    }
    write(`| ${name} | ${shown(ours)} | ${shown(plain)} |`);
  }
}

/** Makes tenants as psql does, and prints how long the first request to each takes, which makes its schema. */
async function makeTenants({ admin, postgres, url }: ScratchPlatform, count: number) {
  const ids = Array.from({ length: count }, (_, index) => `tenant-${index}`);
  await admin.query(
    "insert into public.tenants (id, name) select id, id from unnest($1::text[]) id",
    [ids],
  );
  const waiting = ids.values();
  const taken: number[] = [];
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: together }, async () => {
      for (const id of waiting) {
        if (performance.now() - begin > mostCreatingMs) return;
        const tenant = await postgres.tenants.findTenant(id);
        if (!tenant) throw new Error(`The tenant ${id} was not made`);
        taken.push(await time(() => postgres.work(tenant, (em) => em.execute("select 1"))));
      }
    }),
  );
  write(`\n| tenants: ${taken.length} made, ${together} at a time | |\n| --- | ---: |`);
  write(`| first request of a new tenant, p50, ms | ${percentile(taken, 0.5)} |`);
  write(`| the same, p95 | ${percentile(taken, 0.95)} |`);
  const last = taken.slice(-Math.ceil(taken.length / 10));
  write(`| the last tenth of them, p95 | ${percentile(last, 0.95)} |`);
  if (taken.length < count)
    write(`| not made within ${mostCreatingMs / 1000} s | ${count - taken.length} |`);
  const ignore = () => undefined;
  const result = { all: 0 };
  const ms = await time(async () => {
    const migrated = await migrateTenants({
      url,
      jobs: { schema: "pgboss", prepare: async () => undefined },
      logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      parallel: together,
      signal: new AbortController().signal,
      onProgress: ignore,
    });
    if (migrated.failures.length > 0) throw migrated.failures[0]?.error;
    result.all = migrated.all;
  });
  write(
    `| npm run migrate over ${result.all} tenants at the head, s | ${(ms / 1000).toFixed(1)} |`,
  );
}

const { messages, chat, tenants } = readOptions();
await using opened = new AsyncDisposableStack();
const platform = await openScratchPlatform();
opened.defer(platform.close);
const begin = performance.now();
const big = await platform.addTenant("big");
await fill(platform, big, messages, chat);
write(`A chat of ${chat} messages in a tenant with ${messages}`);
await readPages(platform, big, chat);
await makeTenants(platform, tenants);
process.stderr.write(`\nIt took ${Math.round((performance.now() - begin) / 1000)} s.\n`);
