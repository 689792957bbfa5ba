import { administratorOf } from "../core/admin/administrator.ts";
import { addDocument, removeDocument, retryDocument } from "../core/admin/document-admin.ts";
import type { PutResult, StoredDocument } from "../core/documents/document-store.ts";
import { awaitIngestion } from "../core/documents/follow-document.ts";
import type { DocumentMediaType } from "../core/documents/media-types.ts";
import { AppError } from "../core/errors.ts";
import { builder } from "./builder.ts";
import type { Services } from "./context.ts";
import { Document } from "./document.ts";

const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

const MediaType = builder.enumType("DocumentMediaType", {
  values: {
    MARKDOWN: { value: "text/markdown" satisfies DocumentMediaType },
    TEXT: { value: "text/plain" satisfies DocumentMediaType },
    HTML: { value: "text/html" satisfies DocumentMediaType },
    PDF: { value: "application/pdf" satisfies DocumentMediaType },
    DOCX: { value: docx satisfies DocumentMediaType },
    CSV: { value: "text/csv" satisfies DocumentMediaType },
    JSON: { value: "application/json" satisfies DocumentMediaType },
    JSON_LINES: { value: "application/x-ndjson" satisfies DocumentMediaType },
  } as const,
});

const PutDocumentInput = builder.inputType("PutDocumentInput", {
  fields: (t) => ({
    source: t.string({
      required: true,
      description:
        "What it is known by, such as `handbook/holidays.md`: the same again replaces it.",
    }),
    text: t.string({ description: "Of a text; else `contentBase64` is given." }),
    contentBase64: t.string({
      description:
        "The document's bytes in base 64. A request has at most 8 MiB: larger documents are uploaded over REST.",
    }),
    title: t.string({
      description:
        "Left out: what the document says of itself, its first heading, else its first words.",
    }),
    url: t.string({ description: "Where readers of a citation find it." }),
    mediaType: t.field({
      type: MediaType,
      description: "Left out: what the source's ending says, else Markdown.",
    }),
    respondAsync: t.boolean({
      description:
        "Answers at once; else when the document was read, or after ten seconds. `documentUpdated` follows it.",
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

const RetryDocumentInput = builder.inputType("RetryDocumentInput", {
  fields: (t) => ({ documentId: t.id({ required: true }) }),
});

const RetryDocumentPayload = builder
  .objectRef<{ readonly document: StoredDocument }>("RetryDocumentPayload")
  .implement({
    fields: (t) => ({
      document: t.field({ type: Document, resolve: ({ document }) => document }),
    }),
  });

const DeleteDocumentInput = builder.inputType("DeleteDocumentInput", {
  fields: (t) => ({ documentId: t.id({ required: true }) }),
});

const DeleteDocumentPayload = builder
  .objectRef<{ readonly deletedDocumentId: string; readonly erasureId: string }>(
    "DeleteDocumentPayload",
  )
  .implement({
    fields: (t) => ({
      deletedDocumentId: t.exposeID("deletedDocumentId"),
      erasureId: t.exposeID("erasureId", { description: "Of the receipt." }),
    }),
  });

builder.mutationFields((t) => ({
  putDocument: t.field({
    type: PutDocumentPayload,
    nullable: true,
    complexity: 100,
    description:
      "Stores a document and reads it in the background; answers draw on it from then on. For admins.",
    args: { input: t.arg({ type: PutDocumentInput, required: true }) },
    async resolve(_root, { input }, { services, caller }) {
      const { text, contentBase64, respondAsync, ...fields } = input;
      const administrator = administratorOf(caller);
      const content = readContent(text, contentBase64);
      const brought = { ...fields, content };
      const put = await addDocument(depsOf(services), administrator, caller.tenant, brought);
      if (respondAsync) return put;
      const { documents, ingestion, reader, stopping } = services;
      const followed = { documents, changes: ingestion.changes, clock: reader.clock };
      const { document } = put;
      return {
        ...put,
        document: await awaitIngestion(followed, caller.tenant, document, stopping),
      };
    },
  }),
  retryDocument: t.field({
    type: RetryDocumentPayload,
    nullable: true,
    complexity: 20,
    description:
      "Reads a document once more from what was uploaded last; one that is under way is left alone. For admins.",
    args: { input: t.arg({ type: RetryDocumentInput, required: true }) },
    async resolve(_root, { input: { documentId } }, { services, caller }) {
      const administrator = administratorOf(caller);
      const deps = depsOf(services);
      return { document: await retryDocument(deps, administrator, caller.tenant, documentId) };
    },
  }),
  deleteDocument: t.field({
    type: DeleteDocumentPayload,
    nullable: true,
    complexity: 10,
    description: "No turn that starts from then on draws on it. For admins.",
    args: { input: t.arg({ type: DeleteDocumentInput, required: true }) },
    async resolve(_root, { input: { documentId } }, { services, caller }) {
      const administrator = administratorOf(caller);
      const { tenant } = caller;
      const deps = depsOf(services);
      const erasureId = await removeDocument(deps, administrator, tenant, documentId);
      return { deletedDocumentId: documentId, erasureId };
    },
  }),
}));

function depsOf({ admin, ingestion, documents }: Services) {
  return { ...admin, ...ingestion, documents };
}

/** @throws AppError INVALID_REQUEST, INVALID_DOCUMENT */
function readContent(
  text: string | null | undefined,
  base64: string | null | undefined,
): Uint8Array {
  const isOne = (typeof text === "string") !== (typeof base64 === "string");
  if (!isOne)
    throw new AppError("INVALID_REQUEST", "input: either text or contentBase64 is expected");
  if (typeof text === "string") {
    if (text.isWellFormed()) return new TextEncoder().encode(text);
    throw new AppError("INVALID_DOCUMENT", "The document is not valid UTF-8");
  }
  const bytes = Buffer.from(base64 ?? "", "base64");
  const isWhole = bytes.toString("base64").replace(/=+$/, "") === base64?.replace(/=+$/, "");
  if (isWhole) return bytes;
  throw new AppError("INVALID_REQUEST", "input.contentBase64: this is not base 64");
}
