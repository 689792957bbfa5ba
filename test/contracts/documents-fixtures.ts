import { newId } from "../../api/core/ids.ts";
import type {
  DocumentStore,
  NewDocument,
  PassageDraft,
} from "../../api/core/documents/document-store.ts";
import type { Retriever, SentenceScorer } from "../../api/core/documents/retriever.ts";
import type { Tenant } from "../../api/core/tenant.ts";

export interface DocumentsHarness {
  readonly documents: DocumentStore & Retriever & SentenceScorer;
  readonly tenant: Tenant;
  readonly otherTenant: Tenant;
  close(): Promise<void>;
}

/** What a test gets: the harness of its suite, opened by then. */
export type OpenDocuments = () => DocumentsHarness;

export function makeDocument(fields: Partial<NewDocument> = {}): NewDocument {
  const source = `docs/${newId("doc")}.md`;
  return {
    source,
    title: "A page",
    url: null,
    mediaType: "text/markdown",
    text: "The text",
    ...fields,
  };
}

export function makePassage(text: string, heading = "", start = 0): PassageDraft {
  return { heading, text, start, page: null };
}
