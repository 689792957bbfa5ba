import { requireAdmin } from "../core/access/caller.ts";
import type { StoredDocument } from "../core/documents/document-store.ts";
import { findDocument } from "../core/documents/documents.ts";
import { followDocument } from "../core/documents/follow-document.ts";
import { builder } from "./builder.ts";
import type { GraphqlContext } from "./context.ts";
import { Document } from "./document.ts";
import { openStream, type StreamSignal } from "./open-stream.ts";

builder.subscriptionField("documentUpdated", (t) =>
  t.field({
    type: Document,
    nullable: true,
    description:
      "The document as it is, and as it becomes while its newest upload is read: until that is complete or has " +
      "failed, or the document is deleted. For admins.",
    args: { documentId: t.arg.id({ required: true }) },
    subscribe: (_root, { documentId }, context) => follow(context, documentId),
    resolve: (signal) => toDocument(signal),
  }),
);

async function follow(context: GraphqlContext, documentId: string) {
  const { services, caller } = context;
  requireAdmin(caller);
  const { documents, ingestion, reader } = services;
  const { id } = await findDocument({ documents }, caller.tenant, documentId);
  const deps = { documents, changes: ingestion.changes, clock: reader.clock };
  return openStream(await context.openLifetime(), (signal) =>
    followDocument(deps, caller.tenant, id, signal),
  );
}

function toDocument(signal: StreamSignal<StoredDocument>): StoredDocument {
  if ("failure" in signal) throw signal.failure;
  return signal.item;
}
