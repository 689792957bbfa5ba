import { administratorOf } from "../core/admin/administrator.ts";
import { addDocument, removeDocument } from "../core/admin/document-admin.ts";
import type { PutResult } from "../core/documents/documents.ts";
import type { DocumentMediaType } from "../core/documents/upload-document.ts";
import { builder } from "./builder.ts";
import { Document } from "./document.ts";

const MediaType = builder.enumType("DocumentMediaType", {
  values: {
    MARKDOWN: { value: "text/markdown" satisfies DocumentMediaType },
    TEXT: { value: "text/plain" satisfies DocumentMediaType },
  } as const,
});

const PutDocumentInput = builder.inputType("PutDocumentInput", {
  fields: (t) => ({
    source: t.string({
      required: true,
      description:
        "What it is known by, such as `handbook/holidays.md`: the same again replaces it.",
    }),
    text: t.string({ required: true, description: "At most 1 MiB." }),
    title: t.string({ description: "Left out: the first heading, else the first words." }),
    url: t.string({ description: "Where readers of a citation find it." }),
    mediaType: t.field({
      type: MediaType,
      description: "Left out: what the source's ending says.",
    }),
  }),
});

const PutStatus = builder.enumType("PutDocumentStatus", {
  values: {
    CREATED: { value: "created" },
    REPLACED: { value: "replaced" },
    UNCHANGED: { value: "unchanged" },
  } as const,
});

const PutDocumentPayload = builder.objectRef<PutResult>("PutDocumentPayload").implement({
  fields: (t) => ({
    document: t.field({ type: Document, resolve: ({ document }) => document }),
    status: t.field({ type: PutStatus, resolve: ({ status }) => status }),
  }),
});

const DeleteDocumentInput = builder.inputType("DeleteDocumentInput", {
  fields: (t) => ({ documentId: t.id({ required: true }) }),
});

const DeleteDocumentPayload = builder
  .objectRef<{ readonly deletedDocumentId: string }>("DeleteDocumentPayload")
  .implement({ fields: (t) => ({ deletedDocumentId: t.exposeID("deletedDocumentId") }) });

builder.mutationFields((t) => ({
  putDocument: t.field({
    type: PutDocumentPayload,
    nullable: true,
    complexity: 100,
    description: "Stores a document; answers draw on it from then on. For admins.",
    args: { input: t.arg({ type: PutDocumentInput, required: true }) },
    resolve(_root, { input }, { services, caller }) {
      const deps = { ...services.admin, documents: services.documents };
      return addDocument(deps, administratorOf(caller), caller.tenant, input);
    },
  }),
  deleteDocument: t.field({
    type: DeleteDocumentPayload,
    nullable: true,
    complexity: 10,
    description: "No turn that starts from then on draws on it. For admins.",
    args: { input: t.arg({ type: DeleteDocumentInput, required: true }) },
    async resolve(_root, { input: { documentId } }, { services, caller }) {
      const deps = { ...services.admin, documents: services.documents };
      await removeDocument(deps, administratorOf(caller), caller.tenant, documentId);
      return { deletedDocumentId: documentId };
    },
  }),
}));
