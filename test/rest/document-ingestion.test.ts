import { describe, expect, test, vi } from "vitest";
import { AppError } from "../../api/core/errors.ts";
import { splitDocument } from "../../api/core/documents/passages.ts";
import type { DocumentParser, SplitDocument } from "../../api/core/documents/parsed-document.ts";
import { documentSearchSchema } from "../../api/rest/document-search.ts";
import {
  documentSchema,
  documentWithContentSchema,
  putDocumentSchema,
} from "../../api/rest/wire.ts";
import { settle } from "../support/clock.ts";
import { documents, openAdmin, textBody } from "./admin.ts";
import { readBody, readError } from "./platform.ts";
import { readEvents } from "./sse.ts";

/** A parser whose documents are read when the test says so. */
function createHeldParser() {
  const waiting: { end: (error?: Error) => void }[] = [];
  const parser: DocumentParser = {
    parse(bytes, _mediaType, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<SplitDocument>();
      const text = new TextDecoder().decode(bytes);
      signal.addEventListener("abort", () => reject(new Error("Aborted")));
      const parsed = splitDocument({ text, title: undefined, language: "en", pages: [] });
      waiting.push({ end: (error) => (error ? reject(error) : resolve(parsed)) });
      return promise;
    },
  };
  return {
    parser,
    /** Ends the reading of the document that was the n-th to be read, from 0, once it is being read. */
    async end(n: number, error?: Error): Promise<void> {
      await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(n));
      waiting[n]?.end(error);
      await settle();
    },
    begun: (n: number) => vi.waitFor(() => expect(waiting).toHaveLength(n)),
  };
}

describe("an upload over REST", () => {
  const async = { headers: { Prefer: "respond-async", "Content-Type": "text/markdown" } };

  test("that prefers not to wait is answered with 202, and is followed to its end", async () => {
    const held = createHeldParser();
    const { call, find } = openAdmin("demo", { parser: held.parser });
    const response = await call(`${documents}?source=a.md`, {
      method: "POST",
      body: "Quokkas smile.",
      ...async,
    });
    const put = await readBody(response, putDocumentSchema);
    expect([response.status, put.status]).toEqual([202, "created"]);
    expect(put.ingestion).toMatchObject({ state: "queued", progress: 0, error: null });
    const place = response.headers.get("location") ?? "";
    await held.begun(1);
    const events = readEvents(await call(`${place}/events`));
    const first = await events.next();
    expect(first).toMatchObject({
      event: "document_updated",
      frame: {
        type: "document_updated",
        data: { id: put.id, ingestion: { state: "parsing" } },
      },
    });
    expect(await find("quokkas")).toEqual([]);
    await held.end(0);
    const rest = (await events.rest()).map(({ frame }) =>
      documentSchema.strict().parse(frame.data),
    );
    expect(rest.at(-1)?.ingestion).toMatchObject({ state: "complete", progress: 100 });
    expect(await find("quokkas")).toEqual(["Quokkas smile."]);
  });

  test("that takes too long is answered with 202, and goes on", async () => {
    const held = createHeldParser();
    const { call, clock, find } = openAdmin("demo", { parser: held.parser });
    const answer = call(`${documents}?source=a.md`, textBody("Numbats smile."));
    await held.begun(1);
    await settle();
    clock.advance(10_000);
    expect((await answer).status).toBe(202);
    await held.end(0);
    expect(await find("numbats")).toEqual(["Numbats smile."]);
  });

  test("that can't be read says why, stays so, and is read once more when that is asked for", async () => {
    const held = createHeldParser();
    const { call, find } = openAdmin("demo", { parser: held.parser });
    const answer = call(`${documents}?source=a.md`, textBody("Bilbies smile."));
    const text = "It has a password";
    await held.end(0, new AppError("DOCUMENT_ENCRYPTED", text));
    const response = await answer;
    const put = await readBody(response, putDocumentSchema);
    const failed = { state: "failed", error: { code: "DOCUMENT_ENCRYPTED", message: text } };
    expect([response.status, put.ingestion]).toEqual([201, expect.objectContaining(failed)]);
    const place = `${documents}/${put.id}`;
    const read = await readBody(await call(place), documentWithContentSchema);
    expect(read).toMatchObject({ content: "", size: 0, ingestion: failed });
    const retried = await call(`${place}/retry`, { method: "POST" });
    expect(retried.status).toBe(202);
    expect((await readBody(retried, documentSchema)).ingestion.error).toBeNull();
    await held.end(1);
    expect(await find("bilbies")).toEqual(["Bilbies smile."]);
    const missing = await call(`${documents}/doc_1/retry`, { method: "POST" });
    expect(await readError(missing)).toMatchObject({ status: 404, code: "DOCUMENT_NOT_FOUND" });
  });

  test("answers questions from the version before until the new one is read, or when that fails", async () => {
    const held = createHeldParser();
    const { call, find } = openAdmin("demo", { parser: held.parser });
    const put = (body: string) => call(`${documents}?source=a.md`, textBody(body));
    const first = put("Potoroos dig.");
    await held.end(0);
    await first;
    const second = put("Potoroos rest.");
    await held.begun(2);
    expect(await find("potoroos")).toEqual(["Potoroos dig."]);
    await held.end(1, new AppError("DOCUMENT_TOO_COMPLEX", "It is"));
    expect((await second).status).toBe(200);
    expect(await find("potoroos")).toEqual(["Potoroos dig."]);
  });

  test.each([
    ["text/html", "a.html", "<title>Pets</title><p>Wombats burrow.</p>", "Pets"],
    [
      "text/html; charset=windows-1252",
      "a",
      "<title>Gr\u00f6\u00dfe</title><p>Wombats burrow.</p>",
      "Größe",
    ],
    ["text/csv", "a.csv", "animal,does\nWombats,burrow\n", undefined],
    ["application/json", "a.json", '{"Wombats":"burrow"}', undefined],
    ["application/octet-stream", "a.html", "<title>Pets</title><p>Wombats burrow.</p>", "Pets"],
  ])("of %s is read as that", async (type, source, body, title) => {
    const { call, find } = openAdmin();
    const bytes = Buffer.from(body, "latin1");
    const sent = { ...textBody("", type), body: streamOf(bytes) };
    const response = await call(`${documents}?source=${source}`, sent);
    const put = await readBody(response, putDocumentSchema);
    expect(put.ingestion).toMatchObject({ state: "complete", error: null });
    if (title) expect(put.title).toBe(title);
    expect((await find("wombats")).join()).toMatch(/burrow/);
  });

  test("as base 64 in JSON, or as a form with a file, is the same document", async () => {
    const { call } = openAdmin();
    const content = "# Sizes\n\nGröße “📏”";
    const base64 = Buffer.from(content).toString("base64");
    const json = { source: "docs/a.md", content_base64: base64, title: "T" };
    expect((await call(documents, { json })).status).toBe(201);
    const form = new FormData();
    form.set("file", new File([content], "a.md", { type: "application/octet-stream" }));
    form.set("source", "docs/a.md");
    form.set("title", "T");
    const sent = new Request("http://localhost", { method: "POST", body: form });
    const headers = { "Content-Type": sent.headers.get("content-type") ?? "" };
    const body = streamOf(new Uint8Array(await sent.arrayBuffer()));
    const response = await call(documents, { method: "POST", headers, body });
    expect(await readBody(response, putDocumentSchema)).toMatchObject({
      source: "docs/a.md",
      title: "T",
      status: "unchanged",
    });
  });

  test("beyond what the tenant may have is refused", async () => {
    const { call } = openAdmin("demo", {
      limits: { enabled: false, requestsPerMinute: 1, burst: 1 },
    });
    for (let n = 0; n < 1000; n += 1)
      await call(`${documents}?source=${n}.md`, { method: "POST", body: "x", ...async });
    const one = await call(`${documents}?source=more.md`, textBody("x"));
    expect(await readError(one)).toMatchObject({ status: 403, code: "DOCUMENT_LIMIT_REACHED" });
    const again = await call(`${documents}?source=7.md`, { method: "POST", body: "y", ...async });
    expect(again.status).toBe(202);
  });
});

test("what a question finds is shown with why", async () => {
  const { call, upload } = openAdmin();
  const { id } = await upload({
    source: "a.md",
    content: "# Marsupials\n\nQuolls pounce on moths.",
  });
  const found = await readBody(
    await call(`${documents}/search?q=${encodeURIComponent("Do quolls pounce?")}&limit=3`),
    documentSearchSchema,
  );
  expect(found.terms.map(({ word }) => word)).toEqual(expect.arrayContaining(["quolls", "pounce"]));
  expect(found.passages).toMatchObject([
    { document_id: id, heading: "Marsupials", text: "Quolls pounce on moths.", start: 14 },
  ]);
  expect(found.passages[0]?.contributions.length).toBeGreaterThan(0);
  for (const query of ["", "?q=", "?q=a&limit=0", "?q=a&limit=51"]) {
    const refused = await call(`${documents}/search${query}`);
    expect(await readError(refused)).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
  }
});

test("what becomes of one tenant's document is shown to no other", async () => {
  const { call, upload } = openAdmin();
  const { id } = await upload({ source: "a.md", content: "Ours" });
  for (const [path, method] of [
    [`${documents}/${id}`, "GET"],
    [`${documents}/${id}/events`, "GET"],
    [`${documents}/${id}/retry`, "POST"],
  ] as const) {
    const headers = { "X-Tenant-ID": "miptech-company" };
    const response = await call(path, { method, headers });
    expect(await readError(response)).toMatchObject({ status: 404, code: "DOCUMENT_NOT_FOUND" });
  }
  const found = await call(`${documents}/search?q=ours`, {
    headers: { "X-Tenant-ID": "miptech-company" },
  });
  expect((await readBody(found, documentSearchSchema)).passages).toEqual([]);
});

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
