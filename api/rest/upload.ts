import { createRoute, z } from "@hono/zod-openapi";
import { addDocument } from "../core/admin/document-admin.ts";
import {
  documentMediaTypes,
  documentTooLarge,
  maxDocumentBytes,
  maxSourceLength,
  notUnicode,
  reservedPrefix,
} from "../core/documents/upload-document.ts";
import { readBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import type { HttpStep } from "./env.ts";
import { unsupportedMediaType } from "./errors.ts";
import { adminAccess, adminErrors, jsonResponse, noStore } from "./operation.ts";
import { putDocumentSchema, wireDocument } from "./wire.ts";

/** The largest upload as JSON, in bytes: where each character is escaped, it takes three times its text. */
const maxJsonBytes = 3 * maxDocumentBytes + 64 * 1024;
/** A byte order mark may stand before the text. */
const maxTextBytes = maxDocumentBytes + 3;

const sourceField = z.string().openapi({
  description: `What it is known by, at most ${maxSourceLength} characters; ${reservedPrefix}… is reserved`,
  example: "handbook/holidays.md",
});
const titleField = z
  .string()
  .nullish()
  .openapi({ description: "Left out: the first heading, else the first words" });
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
      .enum(documentMediaTypes)
      .nullish()
      .openapi({ description: "Left out: by the ending of the source, else Markdown" }),
    content: z.string(),
  })
  .openapi("UploadDocument");

/** For the documentation alone, hence without a type: what is validated is always JSON by then. */
const textBodies: object = Object.fromEntries(
  documentMediaTypes.map((type) => [type, { schema: { type: "string" } }]),
);

const description = `Stores a text of at most ${maxDocumentBytes} bytes of UTF-8, from which answers are given at once. The same
\`source\` again replaces it under the same id; the same document again changes nothing.

A body of \`text/markdown\` or \`text/plain\` is the text itself: its \`source\`, \`title\` and \`url\` then stand in the query.`;

/** POST /admin/documents */
export function addUpload(rest: Rest, { apiPrefix, documents, admin }: RestDeps): void {
  const path = `${apiPrefix}/admin/documents`;
  const upload = createRoute({
    method: "post",
    path,
    tags: ["admin"],
    ...adminAccess,
    summary: "Upload a document",
    description,
    middleware: readUpload,
    request: {
      query: z.object({
        source: sourceField.optional(),
        title: titleField.unwrap().unwrap().optional(),
        url: urlField.unwrap().unwrap().optional(),
      }),
      body: {
        required: true,
        content: { "application/json": { schema: uploadSchema }, ...textBodies },
      },
    },
    responses: {
      200: jsonResponse("The document, replaced or unchanged", putDocumentSchema),
      201: jsonResponse("The new document", putDocumentSchema),
      ...adminErrors(
        "INVALID_REQUEST",
        "INVALID_JSON",
        "INVALID_DOCUMENT",
        "SOURCE_RESERVED",
        "PAYLOAD_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
      ),
    },
  });
  rest.openapi(upload, async (c) => {
    const { media_type: mediaType, content, ...fields } = c.req.valid("json");
    const { administrator, caller } = c.var;
    const brought = { ...fields, mediaType, text: content };
    const deps = { ...admin, documents };
    const { document, status } = await addDocument(deps, administrator, caller.tenant, brought);
    c.header("Location", `${path}/${document.id}`);
    return c.json({ ...wireDocument(document), status }, status === "created" ? 201 : 200, noStore);
  });
}

/**
 * The step before an upload is validated: makes of a bare text, with its fields in the query, the JSON
 * that it stands for. A body without a media type is taken for JSON.
 * @throws AppError PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT, INVALID_REQUEST
 */
const readUpload: HttpStep = async (c, next) => {
  const { raw } = c.req;
  const mediaType = readMediaType(raw.headers.get("content-type"));
  const isJson = mediaType === "application/json";
  const bytes = await readBody(raw, isJson ? maxJsonBytes : maxTextBytes, documentTooLarge);
  const text = decodeText(bytes);
  const { source, title, url } = c.req.query();
  const { method, signal } = raw;
  const headers = new Headers(raw.headers);
  headers.set("content-type", "application/json");
  const body = isJson
    ? text
    : JSON.stringify({ source, title, url, media_type: mediaType, content: text });
  c.req.raw = new Request(raw.url, { method, headers, body, signal });
  await next();
};

/** @throws AppError UNSUPPORTED_MEDIA_TYPE */
function readMediaType(
  header: string | null,
): "application/json" | (typeof documentMediaTypes)[number] {
  const [type = "", ...parameters] = (header ?? "application/json").toLowerCase().split(";");
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith("charset="));
  const isUtf8 = charset === undefined || /^charset="?(utf-?8|us-ascii)"?$/.test(charset);
  const known = (["application/json", ...documentMediaTypes] as const).find(
    (one) => one === type.trim(),
  );
  if (known && isUtf8) return known;
  throw unsupportedMediaType(undefined, "application/json, text/markdown or text/plain, in UTF-8");
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw notUnicode(error);
  }
}
