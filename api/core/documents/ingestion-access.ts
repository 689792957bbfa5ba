import type { Explanation } from "../retrieval/explain-retrieval.ts";
import type { Tenant } from "../tenant.ts";
import type { DocumentChanges } from "./document-changes.ts";
import type { UploadDeps } from "./upload-document.ts";

/** What brings documents in and follows them, at whichever door. */
export interface IngestionAccess extends UploadDeps {
  readonly changes: DocumentChanges;
  /** Shows what a question finds, and why. */
  readonly explain: (tenant: Tenant, question: string, limit: number) => Promise<Explanation>;
}
