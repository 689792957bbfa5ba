import type { DocumentStore, PutResult } from "../../api/core/documents/document-store.ts";
import type { IngestionStore, NewVersion } from "../../api/core/documents/ingestion.ts";
import type { Retriever } from "../../api/core/documents/retriever.ts";
import { newId } from "../../api/core/ids.ts";
import type { JobStore } from "../../api/core/jobs/job-store.ts";
import type { Tenant } from "../../api/core/tenant.ts";
import { makePassage } from "./documents-fixtures.ts";

export interface IngestionHarness {
  readonly documents: DocumentStore & Retriever;
  readonly ingestions: IngestionStore;
  readonly jobs: JobStore;
  readonly tenant: Tenant;
  readonly otherTenant: Tenant;
  /** May have two documents of a kilobyte together. */
  readonly smallTenant: Tenant;
  /** What was announced of documents, as `tenant/document`; asked for again until it is there. */
  readonly announced: () => readonly string[];
  close(): Promise<void>;
}

export const smallLimits = { documents: 2, document_bytes: 1000 };

export function makeVersion(text: string, fields: Partial<NewVersion> = {}): NewVersion {
  return {
    source: `docs/${newId("doc")}.md`,
    title: null,
    url: null,
    mediaType: "text/markdown",
    charset: null,
    original: Buffer.from(text),
    hash: `hash of ${text}`,
    ...fields,
  };
}

export function makeContent(text: string) {
  return { title: `Title of ${text}`, text, language: "en", passages: [makePassage(text)] };
}

export const versionOf = ({ document }: PutResult) => document.ingestion.versionId;

export async function findTexts(
  { documents }: Pick<IngestionHarness, "documents">,
  tenant: Tenant,
  words: string,
): Promise<string[]> {
  const { signal } = new AbortController();
  return (await documents.retrieve(tenant, words, 10, signal)).passages.map(({ text }) => text);
}
