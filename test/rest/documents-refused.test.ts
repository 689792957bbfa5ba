import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../api/core/errors.ts";
import {
  maxDocumentTitleLength,
  maxSourceLength,
} from "../../api/core/documents/upload-document.ts";
import { documentPage, documents, openAdmin, textBody } from "./admin.ts";
import { readBody, readError, type Call } from "./platform.ts";

const maxDocumentBytes = 64 * 1024;

describe("a document is refused", () => {
  const put = (fields: object): Call => ({ json: { source: "a.md", content: "Words", ...fields } });
  const bytes = (...codes: number[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Uint8Array.from(codes));
        controller.close();
      },
    });
  const large = "x".repeat(maxDocumentBytes + 1);
  const raw = `${documents}?source=a.md`;
  const form = "multipart/form-data; boundary=x";

  const cases: [what: string, path: string, call: Call, status: number, code: ErrorCode][] = [
    ["without a source", documents, put({ source: undefined }), 400, "INVALID_REQUEST"],
    ["with an empty source", documents, put({ source: " " }), 400, "INVALID_REQUEST"],
    ["with blanks around its source", documents, put({ source: " a.md " }), 400, "INVALID_REQUEST"],
    ["with NUL in its title", documents, put({ title: "a\0" }), 400, "INVALID_REQUEST"],
    ["with NUL in its source", documents, put({ source: "a\0" }), 400, "INVALID_REQUEST"],
    ["with a line break in its source", documents, put({ source: "a\nb" }), 400, "INVALID_REQUEST"],
    [
      "with a source that is too long",
      documents,
      put({ source: "x".repeat(maxSourceLength + 1) }),
      400,
      "INVALID_REQUEST",
    ],
    [
      "of the platform's own",
      documents,
      put({ source: "platform/README.md" }),
      409,
      "SOURCE_RESERVED",
    ],
    [
      "of the platform's own, in the query",
      `${documents}?source=platform/x`,
      textBody("Words"),
      409,
      "SOURCE_RESERVED",
    ],
    [
      "with a title that is too long",
      documents,
      put({ title: "x".repeat(maxDocumentTitleLength + 1) }),
      400,
      "INVALID_REQUEST",
    ],
    [
      "with a script for an address",
      documents,
      put({ url: "javascript:alert(1)" }),
      400,
      "INVALID_REQUEST",
    ],
    ["with half an address", documents, put({ url: "example.com/a" }), 400, "INVALID_REQUEST"],
    [
      "of a type that isn't known",
      documents,
      put({ media_type: "image/png" }),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["without content", documents, put({ content: undefined }), 400, "INVALID_REQUEST"],
    [
      "with content that is no text",
      documents,
      put({ content: ["Words"] }),
      400,
      "INVALID_REQUEST",
    ],
    ["without text", documents, put({ content: " \n\t" }), 400, "INVALID_DOCUMENT"],
    ["with NUL", documents, put({ content: "a\0b" }), 400, "INVALID_DOCUMENT"],
    ["with half a character", documents, put({ content: "a\ud83d" }), 400, "INVALID_DOCUMENT"],
    ["that is too large", documents, put({ content: large }), 413, "PAYLOAD_TOO_LARGE"],
    [
      "that is too large in bytes",
      documents,
      put({ content: "ä".repeat(maxDocumentBytes / 2 + 1) }),
      413,
      "PAYLOAD_TOO_LARGE",
    ],
    [
      "that is too large by far",
      documents,
      { method: "POST", headers: { "Content-Length": "99999999" }, body: "{" },
      413,
      "PAYLOAD_TOO_LARGE",
    ],
    ["that isn't JSON", documents, { method: "POST", body: "{" }, 400, "INVALID_JSON"],
    ["that is nothing", documents, { method: "POST" }, 400, "INVALID_JSON"],
    [
      "that isn't UTF-8",
      documents,
      { method: "POST", body: bytes(0x7b, 0xff, 0x7d) },
      400,
      "INVALID_DOCUMENT",
    ],
    [
      "as a form",
      raw,
      textBody("source=a", "application/x-www-form-urlencoded"),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["as a picture", raw, textBody("GIF89a", "image/gif"), 415, "UNSUPPORTED_MEDIA_TYPE"],
    [
      "as bytes of an ending that isn't known",
      `${documents}?source=a.exe`,
      textBody("x", "application/octet-stream"),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["as a PDF that is none", raw, textBody("Words", "application/pdf"), 400, "INVALID_DOCUMENT"],
    [
      "as JSON in Latin 1",
      documents,
      textBody("{}", "application/json; charset=iso-8859-1"),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["with its content twice", documents, put({ content_base64: "eA==" }), 400, "INVALID_REQUEST"],
    [
      "with content that is no base 64",
      documents,
      put({ content: undefined, content_base64: "eA=?" }),
      400,
      "INVALID_REQUEST",
    ],
    ["as a form without a file", documents, { ...textBody("", form) }, 400, "INVALID_REQUEST"],
    [
      "compressed",
      raw,
      {
        method: "POST",
        headers: { "Content-Encoding": "gzip", "Content-Type": "text/plain" },
        body: "x",
      },
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["as a text without a source", documents, textBody("Words"), 400, "INVALID_REQUEST"],
    ["as a text that is empty", raw, textBody(""), 400, "INVALID_DOCUMENT"],
    ["as a text with NUL", raw, textBody("a\0"), 400, "INVALID_DOCUMENT"],
    ["as a text that is too large", raw, textBody(large), 413, "PAYLOAD_TOO_LARGE"],
    [
      "as bytes that aren't UTF-8",
      raw,
      { method: "POST", headers: { "Content-Type": "text/plain" }, body: bytes(0x47, 0x72, 0xf6) },
      400,
      "INVALID_DOCUMENT",
    ],
  ];

  test.each(cases)("%s", async (_what, path, given, status, code) => {
    const { call } = openAdmin("demo", { maxDocumentBytes });
    expect(await readError(await call(path, given))).toMatchObject({ status, code });
    expect((await readBody(await call(documents), documentPage)).items).toEqual([]);
  });

  test("only above its limit: the largest is stored, however it is written", async () => {
    const { call } = openAdmin("demo", { maxDocumentBytes });
    const full = "x".repeat(maxDocumentBytes);
    expect((await call(raw, textBody(full))).status).toBe(201);
    expect((await call(documents, put({ source: "b.md", content: full }))).status).toBe(201);
    const escaped = "\\u044f".repeat(maxDocumentBytes / 2);
    const body = `{"source":"c.md","content":"${escaped}"}`;
    const stored = await call(documents, { method: "POST", body });
    expect(await stored.json()).toMatchObject({ status: "created", size: maxDocumentBytes });
  });
});
