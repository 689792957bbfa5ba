import type { DocumentMediaType } from "./media-types.ts";
import type { ParsedDocument } from "./parsed-document.ts";
import type { PassageDraft, PutResult, StoredDocument } from "./document-store.ts";
import type { Tenant } from "../tenant.ts";

export const ingestionStates = ["queued", "parsing", "embedding", "complete", "failed"] as const;
export type IngestionState = (typeof ingestionStates)[number];

/** What becomes of the newest version of a document. Until it is complete, the version before it answers questions. */
export interface Ingestion {
  readonly versionId: string;
  readonly state: IngestionState;
  /** In percent. */
  readonly progress: number;
  /** Why it failed; before that, why it is tried again. */
  readonly error: IngestionError | null;
  readonly updatedAt: Date;
}

export interface IngestionError {
  /** Stable: see `ingestionErrors`. */
  readonly code: IngestionErrorCode;
  /** Safe to show. */
  readonly message: string;
}

/** Why a document could not be taken in. */
export const ingestionErrors = [
  "INVALID_DOCUMENT",
  "UNSUPPORTED_MEDIA_TYPE",
  "DOCUMENT_ENCRYPTED",
  "DOCUMENT_WITHOUT_TEXT",
  "DOCUMENT_TOO_LARGE",
  "DOCUMENT_TOO_COMPLEX",
  /** The services beside the database, after all attempts. */
  "EMBEDDINGS_UNAVAILABLE",
  "VECTORS_UNAVAILABLE",
  /** The database, after all attempts. */
  "SERVICE_UNAVAILABLE",
  /** Anything else, after all attempts. */
  "INTERNAL_ERROR",
] as const;
export type IngestionErrorCode = (typeof ingestionErrors)[number];

/** What is brought, as it is brought. */
export interface NewVersion {
  readonly source: string;
  /** Null: what the document says of itself, else the source. */
  readonly title: string | null;
  readonly url: string | null;
  readonly mediaType: DocumentMediaType;
  /** Of text that isn't UTF-8, where who brought it has said so. */
  readonly charset: string | null;
  readonly original: Uint8Array;
  /** SHA-256, in hexadecimal, of all that a caller can change about it. */
  readonly hash: string;
}

/** A version that is to be taken in. */
export interface OpenVersion extends Omit<NewVersion, "hash"> {
  readonly id: string;
  readonly documentId: string;
}

/** What a version says, and where it is found. */
export interface VersionContent extends Pick<ParsedDocument, "text" | "language"> {
  readonly title: string;
  readonly passages: readonly PassageDraft[];
  /** The space of its vectors, see `VectorDeps`; left out: it has none. */
  readonly embeddedBy?: string;
}

export interface VersionStep {
  readonly state: "parsing" | "embedding";
  readonly progress: number;
  /** For how many passages vectors are about to be stored. */
  readonly vectors?: number;
  /** In which space: what was stored in another before is overwritten now, and counts as none. */
  readonly embeddedBy?: string;
}

/** What would happen to a version that is brought. */
export type VersionPlan =
  | { readonly status: "unchanged"; readonly document: StoredDocument }
  | { readonly status: "created" | "replaced"; readonly replaced: StoredDocument | undefined };

/**
 * Versions of documents on their way into the index. A version that was overtaken by a newer one, or whose document
 * was deleted, isn't there any more: what is still done for it comes to nothing.
 */
export interface IngestionStore {
  /** @throws AppError DOCUMENT_LIMIT_REACHED when it has no room beside what the tenant has. */
  planVersion(
    tenant: Tenant,
    version: Pick<NewVersion, "source" | "hash" | "original">,
  ): Promise<VersionPlan>;
  /**
   * Stores the version with the job that takes it in, in place of an earlier one that isn't live; unchanged when it is
   * the live one, or the one that is under way. @throws AppError DOCUMENT_LIMIT_REACHED
   */
  queueVersion(tenant: Tenant, version: NewVersion): Promise<PutResult>;
  /** Takes the newest version in once more, unless it is under way. Undefined when there is no such document. */
  requeueDocument(tenant: Tenant, documentId: string): Promise<StoredDocument | undefined>;
  /** Undefined too for one that is complete or has failed. */
  openVersion(tenant: Tenant, versionId: string): Promise<OpenVersion | undefined>;
  /** Whether it is still there, in whatever state. Waits for a deletion that is under way. */
  hasVersion(tenant: Tenant, versionId: string): Promise<boolean>;
  /** Says how far it is. False when there is nothing more to do for it. */
  reportStep(tenant: Tenant, versionId: string, step: VersionStep): Promise<boolean>;
  /** Keeps why it is tried again. */
  noteError(tenant: Tenant, versionId: string, error: IngestionError): Promise<void>;
  /**
   * In one step: the document says what the version says, its passages take the place of those before, and the version
   * before is gone. False when there is nothing more to do for it.
   */
  completeVersion(tenant: Tenant, versionId: string, content: VersionContent): Promise<boolean>;
  /** For good; left out: with the error that was noted. The version before it stays live. */
  failVersion(tenant: Tenant, versionId: string, error?: IngestionError): Promise<void>;
}
