import { describe, expect, test } from "vitest";
import { z } from "zod";
import { documentWithContentSchema, putDocumentSchema } from "../../api/rest/wire.ts";
import { makeTenant } from "../support/tenant.ts";
import { documentPage, documents, openAdmin, textBody } from "./admin.ts";
import { readBody, readError } from "./platform.ts";

describe("a document over REST", () => {
  test("is stored as JSON, listed, read, and found at once", async () => {
    const { call, find } = openAdmin();
    const content = "# Holidays\r\n\r\nThirty days a year 🌴.\r\n";
    const json = { source: "handbook/holidays.md", content };
    const response = await call(documents, { json });
    const { status, ...document } = await readBody(response, putDocumentSchema);
    expect([response.status, status]).toEqual([201, "created"]);
    expect(response.headers.get("location")).toBe(`${documents}/${document.id}`);
    expect(document).toEqual({
      id: document.id,
      source: "handbook/holidays.md",
      title: "Holidays",
      url: null,
      media_type: "text/markdown",
      size: Buffer.byteLength(content),
      created_at: expect.any(String),
      ingestion: { state: "complete", progress: 100, error: null, updated_at: expect.any(String) },
    });
    expect(await readBody(await call(documents), documentPage)).toEqual({
      items: [document],
      next: null,
    });
    const read = await call(`${documents}/${document.id}`);
    expect(read.headers.get("cache-control")).toBe("no-store");
    expect(await readBody(read, documentWithContentSchema)).toEqual({ ...document, content });
    expect(await find("holidays")).toEqual(["Thirty days a year 🌴."]);
  });

  test("may say its title, its address and its type", async () => {
    const { upload } = openAdmin();
    const fields = {
      title: "All about “holidays”",
      url: "https://example.com/holidays?lang=de#top",
      media_type: "text/plain",
    };
    expect(await upload({ source: "a", content: "Words", ...fields })).toMatchObject(fields);
    const nothing = { title: null, url: null, media_type: null };
    expect(await upload({ source: "b.TXT", content: "Words", ...nothing })).toMatchObject({
      title: "Words",
      url: null,
      media_type: "text/plain",
    });
  });

  test.each([
    "text/markdown",
    "text/plain",
    "Text/Markdown; charset=UTF-8",
    'text/plain;charset="utf-8"',
  ])("is stored from a body of %s, with its fields in the query", async (type) => {
    const { call } = openAdmin();
    const query = new URLSearchParams({
      source: "Größe & mehr/ä%2F+.md",
      title: "T & ö",
      url: "https://example.com/?a=b&c=d",
      media_type: "text/html",
      content: "not this",
    });
    const body = '\ufeff{"source": "it is no JSON"}\n\nGröße “📏”';
    const response = await call(`${documents}?${query.toString()}`, textBody(body, type));
    const document = await readBody(response, putDocumentSchema);
    expect(document).toMatchObject({
      status: "created",
      source: "Größe & mehr/ä%2F+.md",
      title: "T & ö",
      url: "https://example.com/?a=b&c=d",
      media_type: type.split(";")[0]?.toLowerCase(),
    });
    const read = await call(`${documents}/${document.id}`);
    expect((await readBody(read, documentWithContentSchema)).content).toBe(body.slice(1));
  });

  test("of the same source replaces the one before, and the same again changes nothing", async () => {
    const { call, upload, find } = openAdmin();
    const first = await upload({ source: "a.md", content: "Aardvarks dig." });
    const response = await call(documents, { json: { source: "a.md", content: "Pangolins dig." } });
    const second = await readBody(response, putDocumentSchema);
    expect([response.status, second.status, second.id]).toEqual([200, "replaced", first.id]);
    expect(await find("aardvarks")).toEqual([]);
    expect(await find("pangolins")).toEqual(["Pangolins dig."]);
    const again = await call(documents, { json: { source: "a.md", content: "Pangolins dig." } });
    expect([again.status, await again.json()]).toEqual([200, { ...second, status: "unchanged" }]);
    const retitled = await upload({ source: "a.md", content: "Pangolins dig.", title: "New" });
    expect(retitled).toMatchObject({ status: "replaced", title: "New" });
    expect((await readBody(await call(documents), documentPage)).items).toHaveLength(1);
  });

  test("uploaded twenty times at once is there once, and whole", async () => {
    const { call, upload, find } = openAdmin();
    const words = Array.from({ length: 20 }, (_, n) => `Capybara number${n}.`);
    const puts = await Promise.all(words.map((content) => upload({ source: "a.md", content })));
    expect(puts.filter(({ status }) => status === "created")).toHaveLength(1);
    expect(new Set(puts.map(({ id }) => id)).size).toBe(1);
    const read = await call(`${documents}/${puts[0]?.id}`);
    const { content } = await readBody(read, documentWithContentSchema);
    expect(await find("capybara")).toEqual([content]);
  });

  test("is gone once it is deleted", async () => {
    const { call, upload, find } = openAdmin();
    const { id } = await upload({ source: "a.md", content: "Ocelots purr." });
    const response = await call(`${documents}/${id}`, { method: "DELETE" });
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(await find("ocelots")).toEqual([]);
    for (const method of ["GET", "DELETE"]) {
      const gone = await call(`${documents}/${id}`, { method });
      expect(await readError(gone)).toMatchObject({ status: 404, code: "DOCUMENT_NOT_FOUND" });
    }
    expect(await upload({ source: "a.md", content: "Ocelots purr." })).toMatchObject({
      status: "created",
    });
  });

  test("is found by its source, and all are paged in the order of theirs", async () => {
    const { call, upload } = openAdmin();
    for (const source of ["c.md", "a.md", "b/ü &.md"]) await upload({ source, content: source });
    const list = async (query: Record<string, string>) =>
      readBody(await call(`${documents}?${new URLSearchParams(query).toString()}`), documentPage);
    const sourcesOf = ({ items }: z.infer<typeof documentPage>) => items.map((item) => item.source);
    expect(sourcesOf(await list({ source: "b/ü &.md" }))).toEqual(["b/ü &.md"]);
    expect(await list({ source: "b" })).toEqual({ items: [], next: null });
    const first = await list({ limit: "2" });
    expect(sourcesOf(first)).toEqual(["a.md", "b/ü &.md"]);
    const rest = await list({ limit: "2", after: first.next ?? "" });
    expect([sourcesOf(rest), rest.next]).toEqual([["c.md"], null]);
    const bad = await readError(await call(`${documents}?after=nonsense`));
    expect(bad).toMatchObject({ status: 400, code: "INVALID_CURSOR" });
  });

  test("of one tenant never shows in another", async () => {
    const { call, upload, find } = openAdmin();
    const { id } = await upload({ source: "a.md", content: "Wombats burrow." });
    const headers = { "X-Tenant-ID": "miptech-company" };
    expect((await readBody(await call(documents, { headers }), documentPage)).items).toEqual([]);
    expect(await find("wombats", makeTenant("miptech-company"))).toEqual([]);
    for (const method of ["GET", "DELETE"]) {
      const response = await call(`${documents}/${id}`, { method, headers });
      expect(await readError(response)).toMatchObject({ status: 404, code: "DOCUMENT_NOT_FOUND" });
    }
    const json = { source: "a.md", content: "Their wombats." };
    const theirs = await readBody(await call(documents, { json, headers }), putDocumentSchema);
    expect(theirs.status).toBe("created");
    expect(theirs.id).not.toBe(id);
    expect(await find("wombats")).toEqual(["Wombats burrow."]);
  });
});
