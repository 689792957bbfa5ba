import { newId } from "../../api/core/ids.ts";
import type { DocumentStore } from "../../api/core/documents/document-store.ts";
import type { Passage, Retriever, SentenceScorer } from "../../api/core/documents/retriever.ts";
import type { ReadIndex } from "../../api/core/retrieval/search-index.ts";
import type { Tenant } from "../../api/core/tenant.ts";
import { makeDocument, makePassage } from "./documents-fixtures.ts";

export interface SearchHarness {
  readonly documents: Pick<DocumentStore, "putDocument" | "deleteDocument">;
  readonly search: Retriever & SentenceScorer;
  readonly readIndex: ReadIndex;
  /** A tenant without documents. */
  addTenant(): Promise<Tenant>;
  close(): Promise<void>;
}

export type OpenSearch = () => SearchHarness;

/** A document of a title and passages, each a text or a text under headings. */
export interface SearchDraft {
  readonly source?: string;
  readonly title?: string;
  readonly passages: readonly (string | readonly [heading: string, text: string])[];
}

/** Puts a document and returns its id. */
export async function put(
  { documents }: SearchHarness,
  tenant: Tenant,
  { source = newId("doc"), title = "", passages }: SearchDraft,
): Promise<string> {
  const drafts = passages.map((one) =>
    typeof one === "string" ? makePassage(one) : makePassage(one[1], one[0]),
  );
  const document = makeDocument({ source, title });
  return (await documents.putDocument(tenant, document, newId("doc"), drafts)).document.id;
}

/** A tenant with these documents. */
export async function fill(
  harness: SearchHarness,
  drafts: readonly SearchDraft[],
): Promise<Tenant> {
  const tenant = await harness.addTenant();
  for (const draft of drafts) await put(harness, tenant, draft);
  return tenant;
}

export async function find(
  { search }: SearchHarness,
  tenant: Tenant,
  question: string,
  limit = 6,
): Promise<readonly Passage[]> {
  return (await search.retrieve(tenant, question, limit, new AbortController().signal)).passages;
}

export async function findTexts(
  harness: SearchHarness,
  tenant: Tenant,
  question: string,
): Promise<string[]> {
  return (await find(harness, tenant, question)).map(({ text }) => text);
}
