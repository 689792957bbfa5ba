import type { Actor, AuditEntry } from "../admin/audit.ts";
import type { JobKinds, NewJob } from "../jobs/job-store.ts";
import type { Page, PageRequest } from "../ports.ts";
import type { TurnRef } from "../turns/turn-event.ts";

export const erasureKinds = ["document", "chat", "user", "tenant"] as const;
export type ErasureKind = (typeof erasureKinds)[number];

/** The receipt of a deletion. It outlives what was deleted, and its tenant; no content stands in it. */
export interface Erasure {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: ErasureKind;
  /** The id of what was deleted. */
  readonly subjectId: string;
  /** Who asked for it. Of a person who is no admin: the user, or nobody who is known. */
  readonly actor: ErasureActor;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
  /**
   * `failed`: an hour of attempts wasn't enough. It is tried again, at last once a day, until it is complete; nothing is
   * served of it all the same.
   */
  readonly state: "pending" | "complete" | "failed";
  /** How much was removed, by its place: a table, `vectors`, `jobs`, `cache_keys`. */
  readonly counts: Counts;
  readonly trail: ErasureTrail;
}

export interface ErasureActor extends Omit<Actor, "kind"> {
  readonly kind: Actor["kind"] | "visitor";
}

export type Counts = Readonly<Record<string, number>>;

/** What is needed to look for it again. */
export interface ErasureTrail {
  /** Of a document, with how many passages of each had vectors at most. */
  readonly versions?: readonly { readonly id: string; readonly passages: number }[];
  /** What its postings name the document by. */
  readonly searchNumber?: number;
  readonly chats?: readonly string[];
  readonly messages?: readonly string[];
  /** Answers that may stand in a stream: of a tenant and of chats. */
  readonly answers?: readonly string[];
  /** SHA-256 of the host site's own id of a user. */
  readonly person?: string;
  /** An ingestion was under way: its last vectors may come after the first look. */
  readonly isLate?: boolean;
  /** Of a tenant: documents of it had vectors. */
  readonly hasVectors?: boolean;
  /** Why it isn't complete yet, where something is in its way. Safe to show. */
  readonly waitsFor?: string;
}

/** What a deletion is asked for with; the id is the receipt's. */
export interface ErasureRequest extends Pick<Erasure, "id" | "actor" | "requestedAt"> {}

/** Where data of tenants may stand beside the database. */
export interface UsedPlaces {
  /** Undefined: nobody has ever noted anything of them. False: they were given up, with all that was there. */
  readonly vectors: boolean | undefined;
  /** Streams and counts that other processes, or an earlier one, may have left. */
  readonly streams: boolean;
}

/** The job that goes on with a deletion: at most one of each waits. */
export function eraseJob(
  { id, tenantId }: Pick<Erasure, "id" | "tenantId">,
  {
    delayMs = 0,
    ...data
  }: Omit<JobKinds["erase"], "erasureId"> & { readonly delayMs?: number } = {},
): NewJob {
  return { kind: "erase", tenantId, data: { erasureId: id, ...data }, key: `erase/${id}`, delayMs };
}

/** Receipts, and the deletions that take more than one step. */
export interface ErasureStore {
  /** Newest first. @param tenantId undefined: of all. @throws AppError INVALID_CURSOR */
  listErasures(tenantId: string | undefined, page: PageRequest): Promise<Page<Erasure>>;
  findErasure(id: string): Promise<Erasure | undefined>;
  /**
   * Shuts the tenant at every door, with the receipt and the job that erases it. Undefined when there is none. One that
   * is being erased already: its receipt.
   */
  beginTenant(
    tenantId: string,
    request: ErasureRequest,
    audit: AuditEntry,
  ): Promise<Erasure | undefined>;
  /** Removes the user with the tie to the host site; the job removes the chats. Undefined when there is none. */
  beginUser(
    tenantId: string,
    userId: string,
    request: ErasureRequest,
    audit: AuditEntry,
  ): Promise<Erasure | undefined>;
  /**
   * Removes the rows that are left: of a user the chats, of a tenant the schema and the role. To be repeated at will.
   * @returns the receipt with what was removed so far.
   */
  eraseRows(erasure: Erasure): Promise<Erasure>;
  /** Keeps what was removed beside the rows; of a tenant its own row goes in the same step. */
  finishErasure(id: string, counts: Counts): Promise<void>;
  failErasure(id: string): Promise<void>;
  /**
   * Adds what was removed so far beside the rows, and says why it isn't complete yet; null: nothing is in its way any
   * more. Of one that is complete nothing is changed.
   */
  noteErasure(id: string, waitsFor: string | null, counts: Counts): Promise<void>;
  /** Those in whose way something was, the oldest first, at most so many. */
  listStuckErasures(limit: number): Promise<Erasure[]>;
  /** Notes, for all processes and for good, that vectors are written. */
  noteVectors(): Promise<void>;
  usedPlaces(): Promise<UsedPlaces>;
  /**
   * What is left in the tables, by their names; nothing where nothing is left.
   * @returns undefined of a tenant of whose id there is another by now: then nobody can tell.
   */
  findLeftRows(erasure: Erasure): Promise<Counts | undefined>;
}

/** What stands of tenants in a store that all processes share. */
export interface TransientKeys {
  /** Removes their streams, and keeps who still writes one from making it again. @returns how many there were. */
  eraseTurns(turns: readonly TurnRef[]): Promise<number>;
  countTurns(turns: readonly TurnRef[]): Promise<number>;
  /**
   * Streams, and the counts of limits and of connections. @param personId whose share alone is meant
   * @returns how many there were.
   */
  eraseTenant(tenantId: string, personId?: string): Promise<number>;
  countTenant(tenantId: string, personId?: string): Promise<number>;
}

export function answersOf({ tenantId, trail, subjectId, kind }: Erasure): TurnRef[] {
  const chatId = kind === "chat" ? subjectId : "";
  return (trail.answers ?? []).map((messageId) => ({ tenantId, chatId, messageId }));
}
