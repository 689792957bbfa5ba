import { requireAdmin } from "../core/access/caller.ts";
import type { StoredDocument } from "../core/documents/document-store.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";

export const Document = builder.objectRef<StoredDocument>("Document");

builder.node(Document, {
  description: "An uploaded source that answers draw on. For admins.",
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    source: t.exposeString("source", { description: "What it is known by." }),
    title: t.exposeString("title"),
    url: t.exposeString("url", { nullable: true }),
    mediaType: t.exposeString("mediaType"),
    size: t.exposeInt("size", { description: "Of its text in UTF-8, in bytes." }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
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
