import { AppError } from "../errors.ts";
import type { NewJob } from "../jobs/job-store.ts";
import type { Page, PageRequest } from "../ports.ts";
import type { Tenant } from "../tenant.ts";

export const webSourceKinds = ["page", "sitemap"] as const;
export type WebSourceKind = (typeof webSourceKinds)[number];

export const webSourceStates = [
  /** Its next read is due. */
  "queued",
  "reading",
  /** All of it was read; single pages may have failed. */
  "complete",
  /** It was not read, or not all of it. What was read before stays. */
  "failed",
] as const;
export type WebSourceState = (typeof webSourceStates)[number];

/** What an admin sets. */
export interface WebSourceSettings {
  /** It is read again after so many hours; null: never by itself. */
  readonly everyHours: number | null;
  /** Of a sitemap, the pages that are taken, in its order. */
  readonly maxPages: number;
  /** Of a sitemap: what the paths of its pages begin with; empty, all are taken. */
  readonly include: readonly string[];
  /** What the paths of pages begin with that are not taken. */
  readonly exclude: readonly string[];
}

export interface WebSource extends WebSourceSettings {
  readonly id: string;
  readonly url: string;
  readonly kind: WebSourceKind;
  readonly state: WebSourceState;
  /** Of the last read as a whole. */
  readonly error: WebSourceError | null;
  readonly pages: PageCounts;
  readonly createdAt: Date;
  /** When it was last read to its end. */
  readonly fetchedAt: Date | null;
  /** When it is read next; null: not by itself. */
  readonly nextFetchAt: Date | null;
}

export interface PageCounts {
  readonly total: number;
  /** Still to be fetched in this read. */
  readonly waiting: number;
  /** Could not be fetched in the last read. */
  readonly failed: number;
}

export interface WebSourceError {
  /** Stable: one of `webFetchErrors`, of `crawlErrors`, or of an upload. */
  readonly code: string;
  readonly message: string;
}

/** Beside those of fetching a page and of bringing a document. */
export const crawlErrors = ["ROBOTS_DISALLOWED", "INVALID_SITEMAP", "INTERNAL_ERROR"] as const;

/** A page that could not be fetched in the last read. */
export interface WebPageFault extends WebSourceError {
  readonly url: string;
}

/** A page of a web source. */
export interface WebPage {
  readonly url: string;
  /** When it is fetched in this read. */
  readonly dueAt: Date;
  /** It is to be removed, with its document. */
  readonly isLeaving: boolean;
  /** A document was put for it, or was about to be. */
  readonly isPut: boolean;
  /** Failed fetches of this read. */
  readonly tries: number;
  /** Fetches in a row that were answered with 404 or 410. */
  readonly goneCount: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** What became of a fetch. `waiting`: it is tried again in this read. */
export interface PageOutcome extends Omit<WebPage, "url" | "isPut" | "isLeaving"> {
  readonly state: "waiting" | "done" | "failed";
  /** Its document was deleted, since the page is gone. */
  readonly isGone: boolean;
  readonly error: WebSourceError | null;
}

/** The pages that a source has now. */
export interface Listing {
  readonly urls: readonly string[];
  /** Those that aren't there any more are to be removed. */
  readonly isComplete: boolean;
  readonly error: WebSourceError | null;
}

export interface NewWebSource extends WebSourceSettings {
  readonly id: string;
  readonly url: string;
  readonly kind: WebSourceKind;
  readonly createdAt: Date;
}

/** What the job that reads it knows of a source. */
export interface ClaimedSource extends WebSource {
  /** It was deleted: what is left to do is to remove its pages. */
  readonly isLeaving: boolean;
  /** Failed attempts to find out which pages it has. */
  readonly tries: number;
}

/** What isn't said stays as it was. */
export interface SourceOutcome {
  readonly state?: WebSourceState;
  readonly error?: WebSourceError | null;
  readonly tries: number;
  readonly fetchedAt?: Date;
  /**
   * When its job has something to do; null: never; left out: as it stands now. A refresh that was asked for meanwhile is
   * due at once.
   */
  readonly dueAt?: Date | null;
  /** Where `dueAt` was reckoned with these hours: it is reckoned anew where they were changed meanwhile. */
  readonly everyHours?: number | null;
}

/**
 * The web sources of tenants. A job reads each; who changes when that is due sends the job in the same step, and at
 * most one of a source waits. @throws AppError SERVICE_UNAVAILABLE, each method, when the store is away
 */
export interface WebSourceStore {
  /** @throws AppError WEB_SOURCE_EXISTS, WEB_SOURCE_LIMIT_REACHED */
  addWebSource(tenant: Tenant, source: NewWebSource): Promise<WebSource>;
  findWebSource(tenant: Tenant, id: string): Promise<WebSource | undefined>;
  /** Oldest first. @throws AppError INVALID_CURSOR */
  pageWebSources(tenant: Tenant, page: PageRequest): Promise<Page<WebSource>>;
  /** In the order of their addresses, at most so many. */
  listPageFaults(tenant: Tenant, id: string, limit: number): Promise<WebPageFault[]>;
  /** @param dueAt when it is read next, unless a read is due or under way. */
  changeWebSource(
    tenant: Tenant,
    id: string,
    settings: WebSourceSettings,
    dueAt: Date | null,
    now: Date,
  ): Promise<WebSource | undefined>;
  /** Reads it now; where it is being read, or a job holds it, once more behind that. */
  refreshWebSource(tenant: Tenant, id: string, now: Date): Promise<WebSource | undefined>;
  /**
   * From then on nobody is shown it. Its job removes its documents, unless they are kept; then nothing is left of it
   * at once. False when it was not there.
   */
  removeWebSource(tenant: Tenant, id: string, keepDocuments: boolean, now: Date): Promise<boolean>;

  /**
   * What the job does. Only who holds a source changes it; undefined: there is none; "busy": another holds it.
   * @param leaseMs how long it is held, unless it is held anew.
   */
  claimWebSource(
    tenant: Tenant,
    id: string,
    holder: string,
    leaseMs: number,
  ): Promise<ClaimedSource | "busy" | undefined>;
  /** Begins a read: these pages wait; where that are all, the others are to be removed. False: it isn't held. */
  beginRead(
    tenant: Tenant,
    id: string,
    holder: string,
    listing: Listing,
    now: Date,
  ): Promise<boolean>;
  /** The page that is due first; undefined: none waits. */
  nextPage(tenant: Tenant, id: string): Promise<WebPage | undefined>;
  /** Just before a document is put for a page; holds the source anew. False: it isn't held. */
  holdPage(
    tenant: Tenant,
    id: string,
    holder: string,
    url: string,
    leaseMs: number,
  ): Promise<boolean>;
  savePage(tenant: Tenant, id: string, url: string, outcome: PageOutcome): Promise<void>;
  /** Whether another source has that page too, so that its document stays. */
  isPageShared(tenant: Tenant, id: string, url: string): Promise<boolean>;
  removePage(tenant: Tenant, id: string, url: string): Promise<void>;
  /** Gives it back, and sends the job that goes on. */
  releaseWebSource(
    tenant: Tenant,
    id: string,
    holder: string,
    outcome: SourceOutcome,
    now: Date,
  ): Promise<void>;
  /** The last step of removing it. */
  dropWebSource(tenant: Tenant, id: string, holder: string): Promise<void>;
}

/** A tenant's. */
export const maxWebSources = 100;

/** The job that reads a source: at most one of each waits. */
export function crawlJob(tenantId: string, webSourceId: string, delayMs: number): NewJob {
  const key = `web-source/${webSourceId}`;
  return { kind: "crawl-source", tenantId, data: { webSourceId }, key, delayMs };
}

export function webSourceExists(): AppError {
  return new AppError("WEB_SOURCE_EXISTS", "There is a web source of that address");
}

export function webSourceLimitReached(): AppError {
  const text = `${maxWebSources} web sources are all that a tenant may have`;
  return new AppError("WEB_SOURCE_LIMIT_REACHED", text);
}
