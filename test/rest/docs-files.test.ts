import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPlatform, prefix, readError } from "./platform.ts";

describe("the documentation", () => {
  test("is OpenAPI 3.1 and names every operation of the door", async () => {
    const { call } = createPlatform();
    const response = await call("/openapi.json");
    const document = (await response.json()) as { openapi: string; paths: Record<string, object> };
    expect(document.openapi).toBe("3.1.0");
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path.replace(prefix, "P")}`),
    );
    expect(operations.toSorted()).toEqual(
      [
        "post P/chat",
        "get P/chat",
        "get P/chat/{chat_id}",
        "patch P/chat/{chat_id}",
        "delete P/chat/{chat_id}",
        "post P/chat/{chat_id}/messages",
        "get P/chat/{chat_id}/messages",
        "post P/chat/{chat_id}/messages/{message_id}/cancel",
        "post P/chat/{chat_id}/messages/{message_id}/choose",
        "post P/chat/{chat_id}/messages/{message_id}/edit",
        "post P/chat/{chat_id}/messages/{message_id}/regenerate",
        "put P/chat/{chat_id}/messages/{message_id}/feedback",
        "get P/chat/{chat_id}/events",
        "post P/admin/documents",
        "get P/admin/documents",
        "get P/admin/documents/{document_id}",
        "delete P/admin/documents/{document_id}",
        "post P/admin/documents/{document_id}/retry",
        "get P/admin/documents/{document_id}/events",
        "get P/admin/documents/search",
        "get P/admin/unanswered",
        "get P/admin/usage",
        "get P/admin/tenants",
        "post P/admin/tenants",
        "get P/admin/tenants/{tenant_id}",
        "patch P/admin/tenants/{tenant_id}",
        "get P/admin/keys",
        "post P/admin/keys",
        "post P/admin/keys/{key_id}/rotate",
        "delete P/admin/keys/{key_id}",
        "get P/admin/origins",
        "put P/admin/origins",
        "get P/admin/users",
        "get P/admin/users/{user_id}",
        "patch P/admin/unanswered/{message_id}",
        "patch P/admin/users/{user_id}",
        "delete P/admin/users/{user_id}",
        "delete P/admin/tenants/{tenant_id}",
        "get P/admin/web-sources",
        "post P/admin/web-sources",
        "get P/admin/web-sources/{web_source_id}",
        "patch P/admin/web-sources/{web_source_id}",
        "delete P/admin/web-sources/{web_source_id}",
        "post P/admin/web-sources/{web_source_id}/refresh",
        "get P/admin/erasures",
        "get P/admin/erasures/{erasure_id}",
        "post P/admin/erasures/{erasure_id}/check",
        "get P/admin/audit",
        "get P/auth/tenant/{tenant_id}",
        "post P/auth/token",
        "post P/auth/refresh",
        "get P/auth/me",
        "post P/auth/ticket",
        "post P/auth/claim",
        "get P/health",
        "get /health",
        "get /health/live",
        "get /health/ready",
        "get /metrics",
      ].toSorted(),
    );
  });

  test("says of each operation what may prove its caller", async () => {
    const { call } = createPlatform();
    const { paths, components } = (await (await call("/openapi.json")).json()) as {
      paths: Record<string, Record<string, { security?: Record<string, string[]>[] }>>;
      components: { securitySchemes: Record<string, { type: string }> };
    };
    const known = Object.keys(components.securitySchemes);
    expect(known.toSorted()).toEqual(["adminToken", "apiKey", "bearer", "visitorToken"]);
    const schemesOf = (path: string, method: string) =>
      paths[path]?.[method]?.security?.map((one) => Object.keys(one).join()).toSorted();
    for (const [path, item] of Object.entries(paths))
      for (const method of Object.keys(item)) {
        const area = path.replace(prefix, "").split("/")[1];
        const isOpen = path.includes("/auth/tenant/") || area === "health" || area === "metrics";
        const wanted = isOpen
          ? []
          : area === "admin"
            ? ["adminToken", "apiKey", "bearer"]
            : ["", ...known].toSorted();
        expect(schemesOf(path, method), `${method} ${path}`).toEqual(wanted);
      }
  });

  test("leads nowhere: every reference in it is there", async () => {
    const { call } = createPlatform();
    const text = await (await call("/openapi.json")).text();
    const document = JSON.parse(text);
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? "");
    expect(references.length).toBeGreaterThan(10);
    for (const path of references) {
      const found: unknown = path.split("/").reduce((value, key) => value?.[key], document);
      expect(found, path).toBeTypeOf("object");
    }
  });

  test("page needs nothing from outside and runs no inline script", async () => {
    const { call } = createPlatform();
    const response = await call("/docs/");
    const html = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
    expect(response.headers.get("content-security-policy")).toContain("script-src 'self';");
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, address]) => address ?? "",
    );
    expect(addresses).toHaveLength(4);
    for (const address of addresses) {
      const file = await call(address);
      expect(file.status, address).toBe(200);
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
    expect(html).not.toMatch(/<script>|https?:/);
  });

  test("gives out no other file of the package", async () => {
    const { call } = createPlatform();
    expect((await call("/docs/package.json")).status).toBe(404);
    expect((await call("/docs/..%2fpackage.json")).status).toBe(404);
  });
});

describe("the element's files", () => {
  let elementDir: string;
  beforeEach(async () => {
    elementDir = await mkdtemp(join(tmpdir(), "element-"));
    await mkdir(join(elementDir, "assets"));
    await writeFile(join(elementDir, "widget.js"), "export const one = 1;");
    await writeFile(join(elementDir, "assets", "part-1.js"), "export {};");
    await writeFile(join(elementDir, ".hidden.js"), "secret");
  });
  afterEach(() => rm(elementDir, { recursive: true }));

  test("may be loaded by any page, and name their type", async () => {
    const { call } = createPlatform({ elementDir });
    const response = await call("/widget.js", { headers: { Origin: "https://anyone.example" } });
    expect(await response.text()).toBe("export const one = 1;");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "x-content-type-options": "nosniff",
    });
    expect(response.headers.has("access-control-allow-credentials")).toBe(false);
    expect((await call("/assets/part-1.js")).status).toBe(200);
  });

  test("are sent again only when they have changed", async () => {
    const { call } = createPlatform({ elementDir });
    const etag = (await call("/widget.js")).headers.get("etag") ?? "";
    const headers = { "If-None-Match": `"other", W/${etag}` };
    const same = await call("/widget.js", { headers });
    expect([same.status, await same.text(), same.headers.get("etag")]).toEqual([304, "", etag]);
    await writeFile(join(elementDir, "widget.js"), "export const two = 2;");
    const changed = await call("/widget.js", { headers });
    expect([changed.status, await changed.text()]).toEqual([200, "export const two = 2;"]);
  });

  test("are all that their folder gives out", async () => {
    const { call } = createPlatform({ elementDir });
    for (const path of [
      "/.hidden.js",
      "/missing.js",
      "/assets",
      "/assets/%2e%2e%2fwidget.js",
      "/assets/..%5cwidget.js",
    ]) {
      expect(await readError(await call(path)), path).toMatchObject({
        status: 404,
        code: "NOT_FOUND",
      });
    }
  });
});
