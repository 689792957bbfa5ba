import type { DocumentStore } from "../documents/document-store.ts";
import type { JobWorker } from "../jobs/job-runner.ts";
import type { JobStore } from "../jobs/job-store.ts";
import type { Clock, Logger, TenantStore } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import { fetchPage, type FetchPageDeps } from "./fetch-page.ts";
import { describeFault, type ListDeps, listPages } from "./list-pages.ts";
import { WebFetchError } from "./web-fetcher.ts";
import {
  type ClaimedSource,
  crawlJob,
  type SourceOutcome,
  type WebPage,
  type WebSourceStore,
} from "./web-source.ts";

export interface CrawlDeps extends FetchPageDeps, ListDeps {
  readonly tenants: Pick<TenantStore, "findTenantInAnyState">;
  readonly sources: WebSourceStore;
  readonly documents: Pick<DocumentStore, "findSource" | "deleteDocument">;
  readonly jobs: Pick<JobStore, "send">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** How long a job goes on before others get its place, and how many pages it fetches at most. */
const sliceMs = 15_000;
const slicePages = 20;
/** Longer than a fetch and what follows it can take. */
const leaseMs = 240_000;
/** Attempts to find out which pages there are, where it may go better in a while. */
const maxTries = 3;
const retryMs = 60_000;
const busyMs = 5000;
const suspendedMs = 3_600_000;
const hourMs = 3_600_000;
/** Sources that were added together drift apart: a tenth of their interval, either way. */
const jitter = 0.1;

/**
 * Reads web sources, a few pages at a time: what is done is stored page by page, so a process may be killed anywhere in
 * it. The job that goes on is sent as the source is given back.
 */
export function createCrawlWorker(deps: CrawlDeps): JobWorker<"crawl-source"> {
  const { tenants, sources, jobs, clock } = deps;
  return {
    async run({ id: holder, tenantId, data: { webSourceId } }, signal) {
      const found = await tenants.findTenantInAnyState(tenantId);
      if (!found) return;
      const { tenant, isActive } = found;
      const source = await sources.claimWebSource(tenant, webSourceId, holder, leaseMs);
      if (!source) return;
      if (source === "busy") return jobs.send([crawlJob(tenantId, webSourceId, busyMs)]);
      const work = { deps, tenant, source, holder, signal };
      if (source.isLeaving) return remove(work);
      if (!isActive)
        return release(work, { dueAt: new Date(clock.now() + suspendedMs), tries: source.tries });
      if (source.state !== "reading" && !isDue(source, clock))
        return release(work, { tries: source.tries });
      const isReading = source.state === "reading" || (await begin(work));
      if (isReading) await readSlice(work);
    },
    async giveUp({ id: holder, tenantId, data: { webSourceId } }) {
      const tenant = (await tenants.findTenantInAnyState(tenantId))?.tenant;
      if (!tenant) return;
      const source = await sources.claimWebSource(tenant, webSourceId, holder, leaseMs);
      if (!source) return;
      if (source === "busy") throw new Error("Another job reads the web source");
      const error = { code: "INTERNAL_ERROR", message: "Something went wrong on our side" };
      const next = nextRead(deps, source) ?? new Date(clock.now() + hourMs);
      const dueAt = source.isLeaving || source.everyHours !== null ? next : null;
      const work = { deps, tenant, source, holder, signal: new AbortController().signal };
      const { everyHours } = source;
      const reckoned = source.isLeaving ? {} : { everyHours };
      await release(work, { state: "failed", error, tries: 0, dueAt, ...reckoned });
    },
  };
}

interface Work {
  readonly deps: CrawlDeps;
  readonly tenant: Tenant;
  readonly source: ClaimedSource;
  readonly holder: string;
  readonly signal: AbortSignal;
}

function isDue({ nextFetchAt }: ClaimedSource, clock: Clock): boolean {
  return nextFetchAt !== null && nextFetchAt.getTime() <= clock.now();
}

function nextRead(
  { clock, random }: Pick<CrawlDeps, "clock" | "random">,
  { everyHours }: Pick<ClaimedSource, "everyHours">,
): Date | null {
  if (everyHours === null) return null;
  const spread = 1 + jitter * (2 * random() - 1);
  return new Date(clock.now() + everyHours * hourMs * spread);
}

function release(
  { deps: { sources, clock }, tenant, source, holder }: Work,
  outcome: SourceOutcome,
): Promise<void> {
  return sources.releaseWebSource(tenant, source.id, holder, outcome, new Date(clock.now()));
}

/** Finds out which pages there are. False: it isn't known, and what was read before stays. */
async function begin(work: Work): Promise<boolean> {
  const { deps, tenant, source, holder, signal } = work;
  const { sources, clock } = deps;
  try {
    const listing = await listPages(deps, source, signal, async () => {
      await sources.claimWebSource(tenant, source.id, holder, leaseMs);
    });
    return await sources.beginRead(tenant, source.id, holder, listing, new Date(clock.now()));
  } catch (cause) {
    signal.throwIfAborted();
    const error = describeFault(cause);
    if (!error) throw cause;
    const tries = source.tries + 1;
    const fault = cause instanceof WebFetchError ? cause : undefined;
    const isRetried = (fault?.isTransient ?? false) && tries < maxTries;
    const pause = Math.max(retryMs * tries, fault?.retryAfterMs ?? 0);
    const { everyHours } = source;
    const due = isRetried
      ? { dueAt: new Date(clock.now() + pause) }
      : { dueAt: nextRead(deps, source), everyHours };
    await release(work, { state: "failed", error, tries: isRetried ? tries : 0, ...due });
    return false;
  }
}

/** Goes through the pages that are due, until the time is up or none is left. */
async function readSlice(work: Work): Promise<void> {
  const { deps, tenant, source, signal } = work;
  const { sources, clock } = deps;
  const end = clock.now() + sliceMs;
  for (let count = 0; ; count += 1) {
    signal.throwIfAborted();
    const page = await sources.nextPage(tenant, source.id);
    if (!page) return finish(work);
    const isOver = count === slicePages || clock.now() >= end;
    if (isOver || page.dueAt.getTime() > clock.now())
      return release(work, { state: "reading", tries: 0, dueAt: page.dueAt });
    if (page.isLeaving) await removePage(work, page);
    else if (!(await readPage(work, page))) return;
  }
}

/** False: the source isn't ours any more. */
async function readPage(work: Work, page: WebPage): Promise<boolean> {
  const { deps, tenant, source, holder, signal } = work;
  const { sources, clock } = deps;
  const { id } = source;
  const claimed = await sources.claimWebSource(tenant, id, holder, leaseMs);
  if (!claimed || claimed === "busy" || claimed.isLeaving) {
    if (claimed && claimed !== "busy") await remove({ ...work, source: claimed });
    return false;
  }
  const hold = () => sources.holdPage(tenant, id, holder, page.url, leaseMs);
  const fetched = await fetchPage(deps, tenant, source, page, signal, hold);
  if (!fetched) return false;
  const { retryMs: pause, ...outcome } = fetched;
  const dueAt = new Date(clock.now() + pause);
  if (outcome.isGone) await removeDocument(work, page);
  await sources.savePage(tenant, id, page.url, { ...outcome, dueAt });
  return true;
}

async function removePage(work: Work, page: WebPage): Promise<void> {
  await removeDocument(work, page);
  await work.deps.sources.removePage(work.tenant, work.source.id, page.url);
}

/** Unless another source has the page too, or nothing was ever put for it. */
async function removeDocument(
  { deps: { sources, documents }, tenant, source }: Work,
  { url, isPut }: WebPage,
): Promise<void> {
  const isOurs = isPut && !(await sources.isPageShared(tenant, source.id, url));
  const document = isOurs ? await documents.findSource(tenant, url) : undefined;
  if (document) await documents.deleteDocument(tenant, document.id);
}

/** All pages were fetched, or can't be. */
async function finish(work: Work): Promise<void> {
  const { deps, tenant, source } = work;
  const now = await deps.sources.findWebSource(tenant, source.id);
  const [fault] = await deps.sources.listPageFaults(tenant, source.id, 1);
  const isNothing =
    now !== undefined && now.pages.total > 0 && now.pages.failed === now.pages.total;
  const listed = now?.error ?? null;
  const error =
    listed ?? (isNothing && fault ? { code: fault.code, message: fault.message } : null);
  await release(work, {
    state: error ? "failed" : "complete",
    error,
    tries: 0,
    fetchedAt: new Date(deps.clock.now()),
    dueAt: nextRead(deps, source),
    everyHours: source.everyHours,
  });
}

/** Removes pages with their documents, and at last the source. */
async function remove(work: Work): Promise<void> {
  const { deps, tenant, source, holder, signal } = work;
  const end = deps.clock.now() + sliceMs;
  for (;;) {
    signal.throwIfAborted();
    const page = await deps.sources.nextPage(tenant, source.id);
    if (!page) return deps.sources.dropWebSource(tenant, source.id, holder);
    if (deps.clock.now() >= end)
      return release(work, { tries: 0, dueAt: new Date(deps.clock.now()) });
    await deps.sources.claimWebSource(tenant, source.id, holder, leaseMs);
    await removePage(work, page);
  }
}
