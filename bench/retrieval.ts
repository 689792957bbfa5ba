/**
 * How fast documents are taken in and searched, beside PostgreSQL's ts_rank on the same texts in the same run.
 * Usage: npm run bench:retrieval -- [--passages N] [--tenants N] [--questions N] [--seed N]
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { openScratchPlatform, type ScratchPlatform } from "../scripts/scratch-platform.ts";
import type { Tenant } from "../api/core/tenant.ts";
import { createZipfText, type ZipfText } from "./zipf-text.ts";

/** Words of a passage, passages of a document, different words, passages of each small tenant. */
const shape = { words: 120, passages: 20, vocabulary: 50_000, smallTenant: 100 } as const;
/** Ranks of words that are common (in most passages), middling and rare, from and below. */
const ranks = { common: [0, 20], middling: [500, 3000], rare: [20_000, 50_000] } as const;
const limit = 6;

interface Options {
  readonly passages: number;
  readonly tenants: number;
  readonly questions: number;
  readonly seed: number;
}

function readOptions(): Options {
  const standard = { passages: "100000", tenants: "1000", questions: "200", seed: "1" };
  const names = Object.keys(standard) as (keyof typeof standard)[];
  const { values } = parseArgs({
    options: Object.fromEntries(
      names.map((name) => [name, { type: "string" as const, default: standard[name] }]),
    ),
  });
  const [passages, tenants, questions, seed] = names.map((name) => {
    const text = String(values[name]);
    if (!/^\d+$/.test(text)) throw new Error(`--${name} ${text}: a whole number is expected`);
    return Number(text);
  });
  return {
    passages: passages ?? 0,
    tenants: tenants ?? 0,
    questions: questions ?? 1,
    seed: seed ?? 1,
  };
}

const write = (line = "") => void process.stdout.write(`${line}\n`);

interface Costs {
  ours: number;
  plain: number;
}

/** Puts as many passages into a tenant and into a plain table; adds up the milliseconds of both. */
async function ingest(
  { postgres, admin }: ScratchPlatform,
  text: ZipfText,
  tenant: Tenant,
  table: string,
  passages: number,
  costs: Costs,
): Promise<void> {
  await admin.query(`create table ${table} (id text, content text, search tsvector)`);
  await admin.query(`create index on ${table} using gin (search)`);
  for (let first = 0; first < passages; first += shape.passages) {
    const count = Math.min(shape.passages, passages - first);
    const texts = Array.from({ length: count }, () => text.write(shape.words));
    const drafts = texts.map((content, i) => ({
      heading: "",
      text: content,
      start: i,
      page: null,
    }));
    const source = `document ${first}`;
    const document = {
      source,
      title: source,
      url: null,
      mediaType: "text/plain",
      text: "",
    } as const;
    costs.ours += await time(() =>
      postgres.documents.putDocument(tenant, document, source, drafts),
    );
    costs.plain += await time(() =>
      admin.query(
        `insert into ${table} select $1 || u.place, u.content, to_tsvector('english', u.content)
         from unnest($2::text[]) with ordinality as u (content, place)`,
        [`${source} `, texts],
      ),
    );
  }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

type Kind = "rare" | "common" | "mixed";

function makeQuestion(text: ZipfText, kind: Kind): string {
  const word = ([from, end]: readonly [number, number]) =>
    text.wordAt(from + text.below(end - from));
  if (kind === "rare") return `${word(ranks.rare)} ${word(ranks.rare)}`;
  if (kind === "common") return `${word(ranks.common)} ${word(ranks.common)}`;
  return `${word(ranks.common)} ${word(ranks.middling)} ${word(ranks.rare)}`;
}

/** Asks as many questions of each kind, of one tenant after the other, and prints how long they took. */
async function ask(
  platform: ScratchPlatform,
  text: ZipfText,
  places: readonly { readonly tenant: Tenant; readonly table: string }[],
  questions: number,
): Promise<void> {
  write(
    `  ${"question".padEnd(10)} ${"ours p50".padStart(9)} ${"p95".padStart(9)}   ${"ts_rank p50".padStart(11)} ${"p95".padStart(9)}   ratio p95   event loop held, most`,
  );
  for (const kind of ["rare", "mixed", "common"] as const) {
    const ours: number[] = [];
    const plain: number[] = [];
    let held = 0;
    for (let i = 0; i < questions; i += 1) {
      const place = places[i % places.length];
      if (!place) return;
      const question = makeQuestion(text, kind);
      const { signal } = new AbortController();
      // A new one each time: one that was switched off counts that time as well.
      const loop = monitorEventLoopDelay({ resolution: 1 });
      loop.enable();
      ours.push(
        await time(() =>
          platform.postgres.retriever.retrieve(place.tenant, question, limit, signal),
        ),
      );
      loop.disable();
      held = Math.max(held, loop.max / 1e6);
      const query = question.split(" ").join(" | ");
      plain.push(
        await time(() =>
          platform.admin.query(
            `select id, content from ${place.table}, to_tsquery('english', $1) q where search @@ q
             order by ts_rank(search, q) desc limit ${limit}`,
            [query],
          ),
        ),
      );
    }
    const cells = [
      quantile(ours, 0.5),
      quantile(ours, 0.95),
      quantile(plain, 0.5),
      quantile(plain, 0.95),
    ];
    const [a = "", b = "", c = "", d = ""] = cells.map((ms) => `${ms.toFixed(1)} ms`);
    const ratio = (quantile(ours, 0.95) / quantile(plain, 0.95)).toFixed(2);
    write(
      `  ${kind.padEnd(10)} ${a.padStart(9)} ${b.padStart(9)}   ${c.padStart(11)} ${d.padStart(9)}   ${ratio.padStart(9)}   ${held.toFixed(0)} ms`,
    );
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function reportIngest(passages: number, { ours, plain }: Costs): void {
  const rate = (ms: number) => Math.round((passages / ms) * 1000).toLocaleString("en");
  write(
    `  ingested ${rate(ours)} passages a second; with a tsvector alone ${rate(plain)} (ratio ${(plain / ours).toFixed(2)})`,
  );
}

async function reportSizes({ admin }: ScratchPlatform, schema: string, table: string) {
  const { rows } = await admin.query<{ ours: string; plain: string }>(
    `select pg_size_pretty(sum(pg_total_relation_size(c.oid)) filter (where c.relname in ('postings', 'search_terms', 'search_documents'))) as ours,
       pg_size_pretty(pg_total_relation_size('${table}') - pg_relation_size('${table}')) as plain
     from pg_class c where c.relnamespace = '${schema}'::regnamespace and c.relkind = 'r'`,
  );
  write(
    `  index ${rows[0]?.ours}; of the tsvector's column ${rows[0]?.plain} beside the table itself`,
  );
}

const options = readOptions();
const platform = await openScratchPlatform();
try {
  const text = createZipfText(options.seed, shape.vocabulary);
  if (options.passages > 0) {
    write(
      `One tenant with ${options.passages.toLocaleString("en")} passages of ${shape.words} words`,
    );
    const place = { tenant: await platform.addTenant("large"), table: "plain_large" };
    const costs = { ours: 0, plain: 0 };
    await ingest(platform, text, place.tenant, place.table, options.passages, costs);
    reportIngest(options.passages, costs);
    await platform.admin.query("vacuum analyze");
    await reportSizes(platform, "tenant_large", place.table);
    await ask(platform, text, [place], options.questions);
  }
  if (options.tenants > 0) {
    write(
      `${options.tenants.toLocaleString("en")} tenants with ${shape.smallTenant} passages each`,
    );
    const places: { tenant: Tenant; table: string }[] = [];
    const costs = { ours: 0, plain: 0 };
    let making = 0;
    for (let n = 0; n < options.tenants; n += 1) {
      const tenant = await platform.addTenant(`small-${n}`);
      making += await time(() => platform.postgres.documents.listDocuments(tenant));
      const place = { tenant, table: `plain_${n}` };
      await ingest(platform, text, tenant, place.table, shape.smallTenant, costs);
      places.push(place);
    }
    write(`  made in ${(making / options.tenants).toFixed(0)} ms each`);
    reportIngest(options.tenants * shape.smallTenant, costs);
    await ask(platform, text, places, Math.max(options.questions, options.tenants));
  }
} finally {
  await platform.close();
}
