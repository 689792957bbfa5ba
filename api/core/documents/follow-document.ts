import type { Clock } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import type { DocumentChanges } from "./document-changes.ts";
import type { DocumentStore, StoredDocument } from "./document-store.ts";

export interface FollowDeps {
  readonly documents: Pick<DocumentStore, "describeDocument">;
  readonly changes: DocumentChanges;
  readonly clock: Clock;
}

/** It is looked for changes that often, should an announcement be lost. */
const pollMs = 5000;

/**
 * A document as it is, and as it becomes while its newest version is taken in: until that is complete or has failed,
 * the document is deleted, or the signal aborts. A slow reader misses steps, never the last one.
 */
export async function* followDocument(
  { documents, changes, clock }: FollowDeps,
  tenant: Tenant,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<StoredDocument, void, undefined> {
  let isStale = false;
  let wake = () => {};
  const stop = changes.listen(tenant.id, id, () => {
    isStale = true;
    wake();
  });
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  try {
    let seen: string | undefined;
    while (!signal.aborted) {
      isStale = false;
      const document = await documents.describeDocument(tenant, id);
      if (!document || signal.aborted) return;
      const { versionId, state, progress, error } = document.ingestion;
      const now = JSON.stringify([versionId, state, progress, error]);
      if (now !== seen) yield document;
      seen = now;
      if (isOver(document)) return;
      if (isStale || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const cancelTimer = clock.after(pollMs, resolve);
        wake = () => {
          cancelTimer();
          resolve();
        };
      });
    }
  } finally {
    stop();
    signal.removeEventListener("abort", onAbort);
  }
}

/** How long a caller who wants to see the end of it waits. */
export const patienceMs = 10_000;

/** The document when its newest version is complete or has failed, else as it is when patience or the signal ends. */
export async function awaitIngestion(
  deps: FollowDeps,
  tenant: Tenant,
  document: StoredDocument,
  signal: AbortSignal,
): Promise<StoredDocument> {
  if (isOver(document)) return document;
  const late = new AbortController();
  const cancelTimer = deps.clock.after(patienceMs, () => late.abort());
  let last = document;
  try {
    const either = AbortSignal.any([signal, late.signal]);
    for await (const seen of followDocument(deps, tenant, document.id, either)) last = seen;
  } finally {
    cancelTimer();
  }
  return last;
}

export function isOver({ ingestion: { state } }: StoredDocument): boolean {
  return state === "complete" || state === "failed";
}
