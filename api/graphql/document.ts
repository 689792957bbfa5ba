import { requireAdmin } from "../core/access/caller.ts";
import type { StoredDocument } from "../core/documents/document-store.ts";
import {
  ingestionErrors,
  ingestionStates,
  type Ingestion,
  type IngestionError,
} from "../core/documents/ingestion.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";

const IngestionState = builder.enumType("IngestionState", {
  values: Object.fromEntries(ingestionStates.map((value) => [value.toUpperCase(), { value }])),
});

const IngestionErrorCode = builder.enumType("IngestionErrorCode", {
  values: Object.fromEntries(ingestionErrors.map((value) => [value, { value }])),
});

const IngestionErrorType = builder.objectRef<IngestionError>("IngestionError").implement({
  fields: (t) => ({
    code: t.field({ type: IngestionErrorCode, resolve: ({ code }) => code }),
    message: t.exposeString("message"),
  }),
});

const IngestionType = builder.objectRef<Ingestion>("Ingestion").implement({
  description: "What becomes of the newest upload of a document.",
  fields: (t) => ({
    state: t.field({ type: IngestionState, resolve: ({ state }) => state }),
    progress: t.exposeInt("progress", { description: "In percent." }),
    error: t.field({
      type: IngestionErrorType,
      nullable: true,
      description: "Why it failed; before that, why it is tried again.",
      resolve: ({ error }) => error,
    }),
    updatedAt: t.field({ type: "DateTime", resolve: ({ updatedAt }) => updatedAt }),
  }),
});

export const Document = builder.objectRef<StoredDocument>("Document");

builder.node(Document, {
  description: "An uploaded source that answers draw on. For admins.",
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    source: t.exposeString("source", { description: "What it is known by." }),
    title: t.exposeString("title"),
    url: t.exposeString("url", { nullable: true }),
    mediaType: t.exposeString("mediaType"),
    size: t.exposeInt("size", {
      description: "Of its text in UTF-8, in bytes; 0 before it was read once.",
    }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
    ingestion: t.field({ type: IngestionType, resolve: ({ ingestion }) => ingestion }),
  }),
});

const DocumentConnection = builder.connectionObject(
  { type: Document, name: "DocumentConnection" },
  { name: "DocumentEdge" },
);

builder.queryField("documents", (t) =>
  t.field({
    type: DocumentConnection,
    nullable: true,
    description: "In the order of their sources. For admins.",
    args: pageArgs,
    complexity: costOfPage,
    async resolve(_root, args, context) {
      requireAdmin(context.caller);
      const { documents } = context.services;
      return toConnection(
        await documents.pageDocuments(context.caller.tenant, toPageRequest(args)),
        args,
      );
    },
  }),
);
