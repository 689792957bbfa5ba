import type { ErasureRequest } from "../erasure/erasure.ts";
import type { Page, PageRequest } from "../ports.ts";
import type { Ingestion } from "./ingestion.ts";
import type { Tenant } from "../tenant.ts";

export interface NewDocument {
  /** What it is known by: putting a document with the same source again replaces it. */
  readonly source: string;
  readonly title: string;
  readonly url: string | null;
  readonly mediaType: string;
  readonly text: string;
}

export interface StoredDocument {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  readonly url: string | null;
  readonly mediaType: string;
  readonly contentHash: string;
  /** Of its text in UTF-8, in bytes; 0 until its first version is complete. */
  readonly size: number;
  /** When a document of this source was put for the first time. */
  readonly createdAt: Date;
  /** Of its newest version, which may not be the one that all of the above is about. */
  readonly ingestion: Ingestion;
}

export interface DocumentWithText extends StoredDocument {
  readonly text: string;
}

export interface PassageDraft {
  readonly heading: string;
  readonly text: string;
  readonly start: number;
  /** Where the document has pages, the one on which it begins, from 1. */
  readonly page: number | null;
}

export interface DocumentStore {
  /**
   * Stores document and passages in one step in place of those of the same source, also of a version that is under
   * way. The id of a source stays over all replacements.
   */
  putDocument(
    tenant: Tenant,
    document: NewDocument,
    hash: string,
    passages: readonly PassageDraft[],
  ): Promise<PutDocument>;
  findDocument(tenant: Tenant, id: string): Promise<DocumentWithText | undefined>;
  /** The same without its text. */
  describeDocument(tenant: Tenant, id: string): Promise<StoredDocument | undefined>;
  findSource(tenant: Tenant, source: string): Promise<StoredDocument | undefined>;
  listDocuments(tenant: Tenant): Promise<StoredDocument[]>;
  /** In the order of their sources. @throws AppError INVALID_CURSOR */
  pageDocuments(tenant: Tenant, page: PageRequest): Promise<Page<StoredDocument>>;
  /**
   * Deletes it with its passages and jobs; false when it was not there.
   * @param request of the receipt that is kept with the deletion; left out: none is
   */
  deleteDocument(tenant: Tenant, id: string, request?: ErasureRequest): Promise<boolean>;
}

export interface PutResult {
  readonly document: StoredDocument;
  readonly status: "created" | "replaced" | "unchanged";
}

export interface PutDocument {
  readonly document: StoredDocument;
  /** False when it took the place of another. */
  readonly created: boolean;
}
