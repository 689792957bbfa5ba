import { createRoute, z } from "@hono/zod-openapi";
import { addDocument } from "../core/admin/document-admin.ts";
import { awaitIngestion, isOver } from "../core/documents/follow-document.ts";
import { documentMediaTypes } from "../core/documents/media-types.ts";
import { maxSourceLength, reservedPrefix } from "../core/documents/upload-document.ts";
import { AppError } from "../core/errors.ts";
import { prefersAsync } from "./accept.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonResponse, noStore } from "./operation.ts";
import { createReadUpload } from "./read-upload.ts";
import { putDocumentSchema, wireDocument } from "./wire.ts";

const sourceField = z.string().openapi({
  description: `What it is known by, at most ${maxSourceLength} characters; ${reservedPrefix}… is reserved`,
  example: "handbook/holidays.md",
});
const titleField = z.string().nullish().openapi({
  description:
    "Left out: what the document says of itself, its first heading, else its first words",
});
const urlField = z
  .string()
  .nullish()
  .openapi({ description: "Where readers of a citation find it" });

const uploadSchema = z
  .object({
    source: sourceField,
    title: titleField,
    url: urlField,
    media_type: z
      .string()
      .nullish()
      .openapi({
        description: "Left out: by the ending of the source, else Markdown",
        enum: [...documentMediaTypes],
      }),
    content: z.string().optional().openapi({ description: "Of a text" }),
    content_base64: z
      .string()
      .optional()
      .openapi({ description: "In its place the document's bytes, in base 64" }),
  })
  .openapi("UploadDocument");

/** For the documentation alone, hence without a type: what is validated is always JSON by then. */
const otherBodies: object = Object.fromEntries([
  ...documentMediaTypes
    .filter((type) => type !== "application/json")
    .map((type) => [type, { schema: { type: "string", format: "binary" } }]),
  [
    "multipart/form-data",
    {
      schema: {
        type: "object",
        required: ["file"],
        properties: {
          file: { type: "string", format: "binary" },
          ...Object.fromEntries(
            ["source", "title", "url", "media_type"].map((name) => [name, { type: "string" }]),
          ),
        },
      },
    },
  ],
]);

const describe = (maxBytes: number) =>
  `Stores a document of at most ${maxBytes} bytes, and reads it in the background: the answer waits for that for ten
seconds, unless \`Prefer: respond-async\` is sent, and is 202 when it is still under way; \`GET …/events\` follows it. A
document that can't be read is stored all the same: \`ingestion\` says why. The same \`source\` again replaces it under
the same id, once that is read; the same document again changes nothing.

Beside the JSON form a body may be the document itself, with \`source\`, \`title\` and \`url\` in the query; JSON is taken
for the document itself where the query has a \`source\`. Or it is a form with one file.`;

/** POST /admin/documents */
export function addUpload(rest: Rest, deps: RestDeps): void {
  const { apiPrefix, documents, ingestion, admin, reader, stopping } = deps;
  const path = `${apiPrefix}/admin/documents`;
  const upload = createRoute({
    method: "post",
    path,
    tags: ["admin"],
    ...adminAccess,
    summary: "Upload a document",
    description: describe(ingestion.maxDocumentBytes),
    middleware: createReadUpload(ingestion.maxDocumentBytes),
    request: {
      query: z.object({
        source: sourceField.optional(),
        title: titleField.unwrap().unwrap().optional(),
        url: urlField.unwrap().unwrap().optional(),
      }),
      headers: z.object({ prefer: z.string().optional() }),
      body: {
        required: true,
        content: { "application/json": { schema: uploadSchema }, ...otherBodies },
      },
    },
    responses: {
      200: jsonResponse("The document, replaced or unchanged", putDocumentSchema),
      201: jsonResponse("The new document", putDocumentSchema),
      202: jsonResponse("The document, which is still being read", putDocumentSchema),
      ...adminErrors(
        "INVALID_REQUEST",
        "INVALID_JSON",
        "INVALID_DOCUMENT",
        "DOCUMENT_ENCRYPTED",
        "SOURCE_RESERVED",
        "PAYLOAD_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
        "DOCUMENT_LIMIT_REACHED",
      ),
    },
  });
  rest.openapi(upload, async (c) => {
    const {
      media_type: mediaType,
      content,
      content_base64: base64,
      ...fields
    } = c.req.valid("json");
    const { administrator, caller, uploaded } = c.var;
    const bytes = uploaded ?? readContent(content, base64);
    const all = { ...admin, ...ingestion, documents };
    const brought = { ...fields, mediaType, content: bytes };
    const put = await addDocument(all, administrator, caller.tenant, brought);
    const isAsync = prefersAsync(c.req.valid("header").prefer);
    const signal = AbortSignal.any([c.req.raw.signal, stopping]);
    const followed = { documents, changes: ingestion.changes, clock: reader.clock };
    const document = isAsync
      ? put.document
      : await awaitIngestion(followed, caller.tenant, put.document, signal);
    c.header("Location", `${path}/${document.id}`);
    if (isAsync) c.header("Preference-Applied", "respond-async");
    const status = !isOver(document) ? 202 : put.status === "created" ? 201 : 200;
    return c.json({ ...wireDocument(document), status: put.status }, status, noStore);
  });
}

/** @throws AppError INVALID_REQUEST, INVALID_DOCUMENT */
function readContent(content: string | undefined, base64: string | undefined): Uint8Array {
  if ((content === undefined) === (base64 === undefined))
    throw new AppError("INVALID_REQUEST", "content: either this or content_base64 is expected");
  if (content !== undefined) {
    if (content.isWellFormed()) return new TextEncoder().encode(content);
    throw new AppError("INVALID_DOCUMENT", "The document is not valid UTF-8");
  }
  const bytes = Buffer.from(base64 ?? "", "base64");
  const isWhole = bytes.toString("base64").replace(/=+$/, "") === base64?.replace(/=+$/, "");
  if (isWhole) return bytes;
  throw new AppError("INVALID_REQUEST", "content_base64: this is not base 64");
}
