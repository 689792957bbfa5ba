import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { makeTenant } from "../support/tenant.ts";
import { createChat, openPlatform, readAnswer, unlimited } from "./client.ts";

const typename = { query: "{ __typename }" };

describe("what a stranger's page could send without being asked is refused", () => {
  const body = JSON.stringify({ query: createChat });

  test.each([
    ["a form", "application/x-www-form-urlencoded"],
    ["an upload", "multipart/form-data; boundary=x"],
    ["plain text", "text/plain"],
    ["plain text that says it is JSON", "text/plain; application/json"],
    ["several types", "text/plain, application/json"],
    ["GraphQL as it is", "application/graphql"],
    ["no type", ""],
  ])("%s", async (_name, type) => {
    const { call, store } = openPlatform();
    let made = 0;
    const { createChat: create } = store;
    store.createChat = (...args) => {
      made += 1;
      return create(...args);
    };
    const headers: Record<string, string> = type ? { "Content-Type": type } : {};
    for (const form of [body, `query=${encodeURIComponent(createChat)}`, createChat]) {
      const response = await call("/graphql", { method: "POST", headers, body: form });
      const { status, errors } = await readAnswer(response);
      expect([status, errors?.[0]?.extensions.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
    }
    expect(made).toBe(0);
  });

  test("a mutation by GET", async () => {
    const { call } = openPlatform();
    const query = new URLSearchParams({ query: createChat });
    const response = await call(`/graphql?${query.toString()}`);
    const { status, errors } = await readAnswer(response);
    expect([status, errors?.[0]?.extensions.code]).toEqual([405, "INVALID_REQUEST"]);
    expect(response.headers.get("allow")).toBe("POST");
  });
});

describe("a query by GET", () => {
  test("is answered, with its variables", async () => {
    const { call } = openPlatform();
    const query = new URLSearchParams({
      query: "query Name($t: String!) { __type(name: $t) { name } } query Other { __typename }",
      variables: '{"t":"Chat"}',
      operationName: "Name",
    });
    const { status, data } = await readAnswer(await call(`/graphql?${query.toString()}`));
    expect([status, data]).toEqual([200, { __type: { name: "Chat" } }]);
  });

  test("whose variables are no JSON is the caller's fault", async () => {
    const { call, logger } = openPlatform();
    const { status, errors } = await readAnswer(await call("/graphql?query={x}&variables={"));
    expect([status, errors?.[0]?.extensions.code]).toEqual([400, "INVALID_JSON"]);
    expect(logger.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("an answer over HTTP", () => {
  test("passes the steps that all of HTTP shares", async () => {
    const { call, logger } = openPlatform();
    const response = await call("/graphql/", {
      json: { query: "{ __schema { types { name description } } }" },
      headers: {
        "X-Request-ID": "mine",
        "Accept-Encoding": "gzip",
        Origin: "http://localhost:3000",
      },
    });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-request-id": "mine",
      "x-content-type-options": "nosniff",
      "content-encoding": "gzip",
      "cache-control": "no-store",
      "access-control-allow-origin": "http://localhost:3000",
      "access-control-allow-credentials": "true",
      vary: expect.stringMatching(/Origin/),
    });
    const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString();
    expect(text).toContain('"Message"');
    expect(logger.lines.at(-1)).toMatchObject({
      level: "info",
      fields: {
        request_id: "mine",
        tenant_id: "demo",
        method: "POST",
        route: "/graphql",
        status: 200,
      },
    });
  });

  test("says where the tenant stands", async () => {
    const limits = { enabled: true, requestsPerMinute: 2, burst: 1 };
    const { run, clock } = openPlatform({ limits });
    const standing = async () => {
      const { status, headers } = await run("{ __typename }");
      const [limit, remaining] = ["limit", "remaining"].map((name) =>
        headers.get(`x-ratelimit-${name}`),
      );
      return { status, limit, remaining };
    };
    expect(await standing()).toEqual({ status: 200, limit: "2", remaining: "1" });
    expect(await standing()).toEqual({ status: 200, limit: "2", remaining: "0" });
    expect(await standing()).toEqual({ status: 200, limit: "2", remaining: "0" });
    expect(await standing()).toEqual({ status: 429, limit: "2", remaining: "0" });
    const reset = (await run("{ __typename }")).headers.get("x-ratelimit-reset");
    expect(reset).toBe(String(clock.now() / 1000 + 60));
    clock.advance(60_000);
    expect((await standing()).status).toBe(200);
  });

  test("is read by pages of an allowed origin alone", async () => {
    const shop = "https://shop.example";
    const tenants = [makeTenant("demo"), makeTenant("shop", { allowed_origins: [shop] })];
    const { call } = openPlatform({ tenants });
    const ask = (tenant: string, origin: string) =>
      call("/graphql", { json: typename, headers: { "X-Tenant-ID": tenant, Origin: origin } });
    const own = await ask("shop", shop);
    expect([own.status, own.headers.get("access-control-allow-origin")]).toEqual([200, shop]);
    const foreign = await ask("demo", shop);
    expect(foreign.headers.has("access-control-allow-origin")).toBe(false);
    const { status, errors } = await readAnswer(foreign);
    expect([status, errors?.[0]?.extensions.code]).toEqual([403, "ORIGIN_NOT_ALLOWED"]);
    expect((await ask("demo", "http://localhost:8000")).status).toBe(200);
    const preflight = await call("/graphql", {
      method: "OPTIONS",
      headers: { Origin: shop, "Access-Control-Request-Method": "POST" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([
      204,
      shop,
    ]);
    const unknown = await call("/graphql", {
      json: typename,
      headers: { "X-Tenant-ID": "nobody", Origin: "http://localhost:3000" },
    });
    expect(unknown.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
  });

  test("to a method that it doesn't have names those that it has", async () => {
    const { call } = openPlatform();
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      const response = await call("/graphql", { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
    }
    expect((await call("/graphql/deeper", { json: typename })).status).toBe(404);
  });

  test("is refused for a body that is too large, however it is sent", async () => {
    const { call } = openPlatform();
    const text = JSON.stringify({ query: `{ __typename } # ${"x".repeat(65_536)}` });
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let place = 0; place < text.length; place += 1000)
          controller.enqueue(Buffer.from(text.slice(place, place + 1000)));
        controller.close();
      },
    });
    for (const body of [text, stream]) {
      const response = await call("/graphql", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
      });
      const { status, errors } = await readAnswer(response);
      expect([status, errors?.[0]?.extensions.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
    }
  });

  test("is cut short for a caller who hangs up, and no error is logged", async () => {
    const limits = unlimited;
    const platform = openPlatform({ limits });
    const leaving = new AbortController();
    const { findTenant } = platform.tenants;
    platform.tenants.findTenant = (id) => {
      leaving.abort();
      return findTenant(id);
    };
    const response = await platform.call("/graphql", { json: typename, signal: leaving.signal });
    expect(response.status).toBe(499);
    expect(platform.logger.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});
