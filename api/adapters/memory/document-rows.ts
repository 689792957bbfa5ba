import { checkDocumentLimits } from "../../core/documents/document-limits.ts";
import type {
  DocumentStore,
  DocumentWithText,
  PutResult,
  StoredDocument,
} from "../../core/documents/document-store.ts";
import type {
  Ingestion,
  IngestionStore,
  NewVersion,
  VersionContent,
} from "../../core/documents/ingestion.ts";
import { isOver } from "../../core/documents/follow-document.ts";
import { passageId } from "../../core/documents/passage-id.ts";
import type { Passage } from "../../core/documents/retriever.ts";
import type { Erasure, ErasureRequest } from "../../core/erasure/erasure.ts";
import { newId } from "../../core/ids.ts";
import type { JobStore, NewJob } from "../../core/jobs/job-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { takePage } from "./pages.ts";

type Version = NewVersion & {
  readonly id: string;
  ingestion: Ingestion;
  vectors: number | undefined;
};

interface Row {
  readonly id: string;
  readonly createdAt: Date;
  /** What is live; before the first version is, a document without a text. */
  document: Omit<DocumentWithText, "ingestion">;
  live: Version | undefined;
  newest: Version;
  content: LiveContent | undefined;
}

/** What of a document is searched. */
export interface LiveContent {
  /** Grows with each time that a document is put. */
  readonly number: number;
  readonly title: string;
  /** Undefined: it is to be found out. */
  readonly language: string | undefined;
  readonly passages: readonly Omit<Passage, "score">[];
}

export interface MemoryDocumentOptions {
  /** Where jobs are sent to; without it nothing can be queued. */
  readonly jobs?: Pick<JobStore, "send">;
  /** Told when jobs were sent. */
  readonly onSend?: () => void;
  /** Told of each change of a version. */
  readonly onChange?: (tenantId: string, documentId: string) => void;
  /** Told of each deletion that was asked for with a receipt. */
  readonly onErase?: (erasure: Erasure) => void;
}

/** A version that was deleted may be under way: its last vectors come later than the job that removes them. */
const lateMs = 120_000;

function receiptOf(request: ErasureRequest, tenantId: string, subjectId: string): Erasure {
  const done = { kind: "document", state: "complete", finishedAt: new Date() } as const;
  return { ...request, ...done, tenantId, subjectId, counts: { documents: 1 }, trail: {} };
}

/** Documents and their versions in memory. */
export function createDocumentRows({
  jobs,
  onSend = () => undefined,
  onChange = () => undefined,
  onErase = () => undefined,
}: MemoryDocumentOptions = {}) {
  const byTenant = new Map<string, Map<string, Row>>();
  const rowsOf = ({ id }: Tenant) => {
    const rows = byTenant.get(id) ?? new Map<string, Row>();
    byTenant.set(id, rows);
    return rows;
  };
  const find = (tenant: Tenant, id: string) =>
    [...rowsOf(tenant).values()].find((row) => row.id === id);
  const findVersion = (tenant: Tenant, id: string) => {
    const row = [...rowsOf(tenant).values()].find(({ newest }) => newest.id === id);
    const isOpen = row && !["complete", "failed"].includes(row.newest.ingestion.state);
    return isOpen ? row : undefined;
  };

  async function send(...sent: NewJob[]): Promise<void> {
    if (!jobs) throw new Error("There is nowhere to send jobs to");
    await jobs.send(sent);
    onSend();
  }

  function say(tenant: Tenant, row: Row, change: Partial<Ingestion>): void {
    const { newest } = row;
    newest.ingestion = { ...newest.ingestion, ...change, updatedAt: new Date() };
    onChange(tenant.id, row.id);
  }

  /** What would be beside a document of this source. */
  function othersThan(tenant: Tenant, source: string) {
    const others = [...rowsOf(tenant).values()].filter((row) => row.document.source !== source);
    const versions = others.flatMap(({ live, newest }) => [...new Set([live, newest])]);
    const bytes = versions.reduce((sum, version) => sum + (version?.original.length ?? 0), 0);
    return { documents: others.length, bytes };
  }

  async function removeVersion(tenant: Tenant, row: Row, { id, vectors }: Version): Promise<void> {
    if (vectors === undefined) return;
    const data = { documentId: row.id, version: { id, passages: vectors } };
    const job = { kind: "remove-vectors", tenantId: tenant.id, data } as const;
    await send(job, { ...job, delayMs: lateMs });
  }

  const documents: DocumentStore = {
    async putDocument(tenant, put, hash, drafts) {
      const { source, url, mediaType, title, text } = put;
      const rows = rowsOf(tenant);
      const before = rows.get(source);
      const original = Buffer.from(text);
      const brought = { source, title, url, charset: null, original, hash };
      const version = newVersion({ ...brought, mediaType: mediaType as NewVersion["mediaType"] });
      const row = before ?? newRow(version);
      const overtaken = before && new Set([before.live, before.newest]);
      row.newest = version;
      rows.set(source, row);
      for (const one of overtaken ?? []) if (one) await removeVersion(tenant, row, one);
      setLive(row, version, { title, text, language: undefined, passages: drafts });
      say(tenant, row, { state: "complete", progress: 100 });
      return { document: show(row), created: before === undefined };
    },
    async findDocument(tenant, id) {
      const row = find(tenant, id);
      return row && { ...row.document, ingestion: row.newest.ingestion };
    },
    async describeDocument(tenant, id) {
      const row = find(tenant, id);
      return row && show(row);
    },
    async findSource(tenant, source) {
      const row = rowsOf(tenant).get(source);
      return row && show(row);
    },
    listDocuments: async (tenant) => listDocuments(tenant),
    pageDocuments: async (tenant, page) =>
      takePage(listDocuments(tenant), ({ source }) => [source], page, [""]),
    async deleteDocument(tenant, id, request) {
      const row = find(tenant, id);
      if (!row) return false;
      rowsOf(tenant).delete(row.document.source);
      const versions = [row.live, row.newest];
      if (versions.some((version) => version?.vectors !== undefined)) {
        const job = { kind: "remove-vectors", tenantId: tenant.id } as const;
        const data = { documentId: id };
        await send({ ...job, data }, { ...job, data, delayMs: lateMs });
      }
      onChange(tenant.id, id);
      if (request) onErase(receiptOf(request, tenant.id, id));
      return true;
    },
  };

  function listDocuments(tenant: Tenant): StoredDocument[] {
    const all = [...rowsOf(tenant).values()].map(show);
    return all.toSorted((a, b) => (a.source < b.source ? -1 : 1));
  }

  const ingestions: IngestionStore = {
    async planVersion(tenant, { source, hash, original }) {
      const row = rowsOf(tenant).get(source);
      if (row && isKnown(row, hash) && (row.newest === row.live || row.newest.hash === hash))
        return { status: "unchanged", document: show(row) };
      checkDocumentLimits(tenant, othersThan(tenant, source), original.length);
      const replaced = row && show(row);
      return { status: row ? "replaced" : "created", replaced };
    },
    async queueVersion(tenant, brought): Promise<PutResult> {
      const rows = rowsOf(tenant);
      const before = rows.get(brought.source);
      if (before && isKnown(before, brought.hash)) {
        const { live, newest } = before;
        if (live?.hash === brought.hash && live !== newest) {
          before.newest = live;
          await removeVersion(tenant, before, newest);
          if (isOver(show(before))) onChange(tenant.id, before.id);
          else {
            say(tenant, before, { state: "queued", progress: 0 });
            await sendIngestion(tenant, before);
          }
        }
        return { status: "unchanged", document: show(before) };
      }
      checkDocumentLimits(tenant, othersThan(tenant, brought.source), brought.original.length);
      const version = newVersion(brought);
      const row = before ?? newRow(version);
      const overtaken = before && before.newest !== before.live ? before.newest : undefined;
      row.newest = version;
      rows.set(brought.source, row);
      if (overtaken) await removeVersion(tenant, row, overtaken);
      await sendIngestion(tenant, row);
      onChange(tenant.id, row.id);
      return { status: before ? "replaced" : "created", document: show(row) };
    },
    async requeueDocument(tenant, id) {
      const row = find(tenant, id);
      if (!row) return undefined;
      if (!isOver(show(row))) return show(row);
      say(tenant, row, { state: "queued", progress: 0, error: null });
      await sendIngestion(tenant, row);
      return show(row);
    },
    async openVersion(tenant, id) {
      const row = findVersion(tenant, id);
      return row && { ...row.newest, id, documentId: row.id };
    },
    hasVersion: async (tenant, id) =>
      [...rowsOf(tenant).values()].some(({ live, newest }) => live?.id === id || newest.id === id),
    async reportStep(tenant, id, { state, progress, vectors }) {
      const row = findVersion(tenant, id);
      if (!row) return false;
      row.newest.vectors = vectors ?? row.newest.vectors;
      say(tenant, row, { state, progress, error: null });
      return true;
    },
    async noteError(tenant, id, error) {
      const row = findVersion(tenant, id);
      if (row) say(tenant, row, { error });
    },
    async completeVersion(tenant, id, content) {
      const row = findVersion(tenant, id);
      if (!row) return false;
      const before = row.live;
      setLive(row, row.newest, content);
      if (before && before !== row.newest) await removeVersion(tenant, row, before);
      say(tenant, row, { state: "complete", progress: 100, error: null });
      return true;
    },
    async failVersion(tenant, id, error) {
      const row = findVersion(tenant, id);
      if (!row) return;
      if (row.newest !== row.live) await removeVersion(tenant, row, row.newest);
      const unknown = { code: "INTERNAL_ERROR", message: unknownText } as const;
      say(tenant, row, { state: "failed", error: error ?? row.newest.ingestion.error ?? unknown });
    },
  };

  function sendIngestion(tenant: Tenant, { id, newest }: Row): Promise<void> {
    const data = { documentId: id, versionId: newest.id };
    return send({ kind: "ingest-document", tenantId: tenant.id, data });
  }

  return {
    ...documents,
    ...ingestions,
    /** What of a tenant's documents is searched. */
    contentsOf: (tenant: Tenant) =>
      [...rowsOf(tenant).values()].flatMap(({ content }) => content ?? []),
  };
}

const unknownText = "Something went wrong on our side";

/** Whether it is what is live, or under way. */
function isKnown({ live, newest }: Row, hash: string): boolean {
  const isUnderWay = newest.hash === hash && newest.ingestion.state !== "failed";
  return isUnderWay || live?.hash === hash;
}

function newVersion(brought: NewVersion): Version {
  const id = newId("ver");
  const begin = { state: "queued", progress: 0, error: null, updatedAt: new Date() } as const;
  return { ...brought, id, vectors: undefined, ingestion: { versionId: id, ...begin } };
}

function newRow(version: Version): Row {
  const { source, title, url, mediaType } = version;
  const [id, createdAt] = [newId("doc"), new Date()];
  const document = { id, source, title: title ?? source, url, mediaType, createdAt };
  const nothing = { contentHash: "", size: 0, text: "" };
  const row = { id, createdAt, live: undefined, newest: version, content: undefined };
  return { ...row, document: { ...document, ...nothing } };
}

let puts = 0;

function setLive(row: Row, version: Version, content: VersionContent): void {
  const { id, createdAt } = row;
  const { source, url, mediaType, hash } = version;
  const { title, text, language, passages: drafts } = content;
  const size = Buffer.byteLength(text);
  row.document = { id, createdAt, source, title, url, mediaType, contentHash: hash, size, text };
  row.live = version;
  const owner = { documentId: id, title, url };
  const passages = drafts.map((draft, rank) => ({
    ...draft,
    ...owner,
    id: passageId(version.id, rank),
  }));
  row.content = { number: (puts += 1), title, language, passages };
}

function show({ document: { text: _text, ...document }, newest }: Row): StoredDocument {
  return { ...document, ingestion: newest.ingestion };
}
