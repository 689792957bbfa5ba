import type { JobStore } from "../../core/jobs/job-store.ts";
import type { Clock } from "../../core/ports.ts";
import type { Tenant } from "../../core/tenant.ts";
import {
  type ClaimedSource,
  crawlJob,
  maxWebSources,
  type NewWebSource,
  type PageOutcome,
  type WebPage,
  type WebSource,
  webSourceExists,
  webSourceLimitReached,
  type WebSourceStore,
} from "../../core/web/web-source.ts";
import { takePage } from "./pages.ts";

type StoredPage = WebPage & Pick<PageOutcome, "state" | "error"> & { readonly place: number };
type Fields = Omit<ClaimedSource, "pages">;

interface Row {
  readonly seq: number;
  fields: Fields;
  isRefreshWanted: boolean;
  holder: string | undefined;
  heldUntil: number;
  readonly pages: Map<string, StoredPage>;
}

export interface MemoryWebSourceOptions {
  readonly jobs: Pick<JobStore, "send">;
  readonly clock: Clock;
}

/** Web sources in memory. */
export function createMemoryWebSources({ jobs, clock }: MemoryWebSourceOptions): WebSourceStore {
  const byTenant = new Map<string, Map<string, Row>>();
  let count = 0;
  const rowsOf = ({ id }: Tenant) => {
    const rows = byTenant.get(id) ?? new Map<string, Row>();
    byTenant.set(id, rows);
    return rows;
  };
  const find = (tenant: Tenant, id: string) => {
    const row = rowsOf(tenant).get(id);
    return row?.fields.isLeaving ? undefined : row;
  };
  const hold = (row: Row | undefined, holder: string, leaseMs: number) => {
    if (!row || (row.holder !== holder && row.heldUntil >= clock.now())) return false;
    Object.assign(row, { holder, heldUntil: clock.now() + leaseMs });
    return true;
  };
  const send = async (tenant: Tenant, { fields: { id, nextFetchAt } }: Row, now: Date) => {
    if (nextFetchAt === null) return;
    const delayMs = Math.max(0, nextFetchAt.getTime() - now.getTime());
    await jobs.send([crawlJob(tenant.id, id, delayMs)]);
  };

  return {
    async addWebSource(tenant, source) {
      const present = [...rowsOf(tenant).values()].filter(({ fields }) => !fields.isLeaving);
      if (present.some(({ fields }) => fields.url === source.url)) throw webSourceExists();
      if (present.length >= maxWebSources) throw webSourceLimitReached();
      const row = newRow((count += 1), source);
      rowsOf(tenant).set(source.id, row);
      await send(tenant, row, source.createdAt);
      return show(row);
    },
    async findWebSource(tenant, id) {
      const row = find(tenant, id);
      return row && show(row);
    },
    async pageWebSources(tenant, page) {
      const rows = [...rowsOf(tenant).values()].filter(({ fields }) => !fields.isLeaving);
      const { items, ...places } = takePage(rows, ({ seq }) => [seq], page, [0]);
      return { ...places, items: items.map(show) };
    },
    async listPageFaults(tenant, id, limit) {
      const pages = [...(find(tenant, id)?.pages.values() ?? [])];
      const faults = pages.flatMap(({ url, state, error }) =>
        state === "failed" && error ? { url, ...error } : [],
      );
      return faults.toSorted((a, b) => (a.url < b.url ? -1 : 1)).slice(0, limit);
    },
    async changeWebSource(tenant, id, settings, dueAt, now) {
      const row = find(tenant, id);
      if (!row) return undefined;
      const isIdle = row.fields.state === "complete" || row.fields.state === "failed";
      row.fields = { ...row.fields, ...settings, ...(isIdle && { nextFetchAt: dueAt }) };
      await send(tenant, row, now);
      return show(row);
    },
    async refreshWebSource(tenant, id, now) {
      const row = find(tenant, id);
      if (!row) return undefined;
      const isReading = row.fields.state === "reading";
      row.isRefreshWanted = isReading || row.heldUntil > clock.now();
      if (!isReading) row.fields = { ...row.fields, tries: 0, state: "queued", nextFetchAt: now };
      await send(tenant, row, now);
      return show(row);
    },
    async removeWebSource(tenant, id, keepDocuments, now) {
      const row = find(tenant, id);
      if (!row) return false;
      if (keepDocuments) rowsOf(tenant).delete(id);
      row.fields = { ...row.fields, isLeaving: true, nextFetchAt: now };
      for (const page of row.pages.values()) markLeaving(row, page, now);
      await send(tenant, row, now);
      return true;
    },

    async claimWebSource(tenant, id, holder, leaseMs) {
      const row = rowsOf(tenant).get(id);
      if (!row) return undefined;
      return hold(row, holder, leaseMs) ? { ...row.fields, pages: countPages(row) } : "busy";
    },
    async beginRead(tenant, id, holder, { urls, isComplete, error }, now) {
      const row = find(tenant, id);
      if (row?.holder !== holder) return false;
      row.isRefreshWanted = false;
      row.fields = { ...row.fields, state: "reading", error, tries: 0 };
      for (const [place, url] of urls.entries()) {
        const known = row.pages.get(url) ?? newPage(url);
        const again = { state: "waiting", isLeaving: false, tries: 0, dueAt: now, place } as const;
        row.pages.set(url, { ...known, ...again });
      }
      const listed = new Set(urls);
      for (const page of row.pages.values())
        if (isComplete && !listed.has(page.url)) markLeaving(row, page, now);
      return true;
    },
    async nextPage(tenant, id) {
      const pages = [...(rowsOf(tenant).get(id)?.pages.values() ?? [])];
      const [first] = pages
        .filter(({ state }) => state === "waiting")
        .toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || a.place - b.place);
      if (!first) return undefined;
      const { state: _state, error: _error, place: _place, ...page } = first;
      return page;
    },
    async holdPage(tenant, id, holder, url, leaseMs) {
      const row = rowsOf(tenant).get(id);
      const page = row?.pages.get(url);
      if (!row || !hold(row, holder, leaseMs) || !page || page.isLeaving) return false;
      row.pages.set(url, { ...page, isPut: true });
      return true;
    },
    async savePage(tenant, id, url, { isGone, ...outcome }) {
      const row = rowsOf(tenant).get(id);
      const page = row?.pages.get(url);
      if (!row || !page || page.isLeaving) return;
      row.pages.set(url, { ...page, ...outcome, isPut: page.isPut && !isGone });
    },
    async isPageShared(tenant, id, url) {
      const others = [...rowsOf(tenant).values()].filter(({ fields }) => fields.id !== id);
      return others.some(({ pages }) => {
        const page = pages.get(url);
        return page !== undefined && page.isPut && !page.isLeaving;
      });
    },
    async removePage(tenant, id, url) {
      rowsOf(tenant).get(id)?.pages.delete(url);
    },
    async releaseWebSource(tenant, id, holder, { dueAt, everyHours, ...outcome }, now) {
      const row = rowsOf(tenant).get(id);
      if (row?.holder !== holder) return;
      Object.assign(row, { holder: undefined, heldUntil: -Infinity });
      const isWanted = row.isRefreshWanted && outcome.state !== "reading";
      const { fields } = row;
      const isChanged = everyHours !== undefined && everyHours !== fields.everyHours;
      const due = isChanged ? hoursFrom(now, fields.everyHours) : dueAt;
      const isNow = isWanted || fields.isLeaving;
      const nextFetchAt = isNow ? now : due === undefined ? fields.nextFetchAt : due;
      row.fields = { ...row.fields, ...outcome, nextFetchAt };
      if (isWanted) row.fields = { ...row.fields, state: "queued" };
      if (isWanted) row.isRefreshWanted = false;
      await send(tenant, row, now);
    },
    async dropWebSource(tenant, id, holder) {
      const row = rowsOf(tenant).get(id);
      if (row?.holder === holder && row.fields.isLeaving) rowsOf(tenant).delete(id);
    },
  };
}

function hoursFrom(now: Date, hours: number | null): Date | null {
  return hours === null ? null : new Date(now.getTime() + hours * 3_600_000);
}

function newRow(seq: number, source: NewWebSource): Row {
  const begin = { state: "queued", error: null, fetchedAt: null, tries: 0 } as const;
  const fields = { ...source, ...begin, nextFetchAt: source.createdAt, isLeaving: false };
  const free = { holder: undefined, heldUntil: -Infinity, isRefreshWanted: false };
  return { seq, fields, ...free, pages: new Map() };
}

function newPage(url: string): StoredPage {
  const nothing = { etag: null, lastModified: null, error: null, tries: 0, goneCount: 0, place: 0 };
  const begin = { state: "waiting", isLeaving: false, isPut: false, dueAt: new Date(0) } as const;
  return { url, ...nothing, ...begin };
}

function markLeaving({ pages }: Row, page: StoredPage, now: Date): void {
  pages.set(page.url, { ...page, isLeaving: true, state: "waiting", dueAt: now });
}

function countPages({ pages }: Row): WebSource["pages"] {
  const states = [...pages.values()].map(({ state }) => state);
  const countOf = (wanted: string) => states.filter((state) => state === wanted).length;
  return { total: pages.size, waiting: countOf("waiting"), failed: countOf("failed") };
}

function show(row: Row): WebSource {
  const { tries: _tries, isLeaving: _isLeaving, ...source } = row.fields;
  return { ...source, pages: countPages(row) };
}
