import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { listen } from "./rest/listen.ts";
import { createPlatform, prefix, readError, type PlatformOptions } from "./rest/platform.ts";
import { makeTenant } from "./support/tenant.ts";

const chatPath = `${prefix}/chat`;

describe("the limit of requests", () => {
  test("counts each request once and says in headers where its tenant stands", async () => {
    const { call, clock } = createPlatform();
    const standing = async (path: string, init = {}) => {
      const { headers, status } = await call(path, init);
      const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) => headers.get(`x-ratelimit-${name}`));
      return { status, limit, remaining, reset };
    };
    const reset = String(clock.now() / 1000 + 60);
    expect(await standing(chatPath, { json: {} })).toEqual({ status: 201, limit: "60", remaining: "59", reset });
    clock.advance(10_000);
    expect(await standing(`${chatPath}/nothing`)).toEqual({ status: 404, limit: "60", remaining: "58", reset });
    expect(await standing(`${prefix}/auth/tenant/demo`)).toEqual({ status: 200, limit: "60", remaining: "57", reset });
    const wrongToken = { headers: { "X-Visitor-Token": "wrong" } };
    expect(await standing(chatPath, wrongToken)).toEqual({ status: 401, limit: "60", remaining: "56", reset });
    clock.advance(50_000);
    const later = String(clock.now() / 1000 + 10);
    expect(await standing(`${chatPath}/x`)).toMatchObject({ remaining: "56", reset: later });
  });

  test("lets the burst pass and refuses what comes after, until the window has moved", async () => {
    const { call, clock } = createPlatform();
    const statuses = [];
    for (let count = 0; count < 75; count += 1) statuses.push((await call(`${chatPath}/x`)).status);
    expect(statuses.filter((status) => status === 404)).toHaveLength(70);
    const refused = await call(`${chatPath}/x`);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      "x-ratelimit-limit": "60",
      "x-ratelimit-remaining": "0",
      "retry-after": "60",
    });
    expect(await readError(refused)).toMatchObject({ status: 429, code: "RATE_LIMIT_EXCEEDED", retry_after: 60 });
    const other = await call(`${chatPath}/x`, { headers: { "X-Tenant-ID": "miptech-company" } });
    expect(other.status).toBe(404);
    clock.advance(60_000);
    expect((await call(`${chatPath}/x`)).status).toBe(404);
  });

  test("doesn't count preflights, health, documentation or files", async () => {
    const { call, limiter } = createPlatform();
    const preflight = { Origin: "http://localhost:3000", "Access-Control-Request-Method": "POST" };
    await call(chatPath, { method: "OPTIONS", headers: preflight });
    for (const path of ["/health", `${prefix}/health`, "/metrics", "/docs", "/openapi.json", "/widget.js"]) {
      const response = await call(path);
      expect(response.headers.has("x-ratelimit-limit"), path).toBe(false);
    }
    expect(limiter.size).toBe(0);
  });

  test("can be switched off", async () => {
    const { call } = createPlatform({ limits: { enabled: false, requestsPerMinute: 1, burst: 0 } });
    for (let count = 0; count < 3; count += 1) {
      const response = await call(`${chatPath}/x`);
      expect([response.status, response.headers.get("x-ratelimit-limit")]).toEqual([404, null]);
    }
  });
});

describe("pages of other origins", () => {
  const shop = "https://shop.example";
  const options: PlatformOptions = {
    tenants: [makeTenant("demo"), makeTenant("shop", { allowed_origins: [shop] })],
    origins: ["http://localhost:3000"],
  };
  const preflight = (origin: string) => ({
    method: "OPTIONS",
    headers: { Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-tenant-id" },
  });

  test("pass the preflight when any tenant allows them", async () => {
    const { call } = createPlatform(options);
    for (const origin of ["http://localhost:3000", shop, "http://localhost:8000"]) {
      const { status, headers } = await call(chatPath, preflight(origin));
      expect(status).toBe(204);
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("access-control-allow-methods")).toContain("PATCH");
      for (const name of ["Content-Type", "Authorization", "X-Tenant-ID", "X-Visitor-Token", "X-Client-ID", "Prefer"]) {
        expect(headers.get("access-control-allow-headers")).toContain(name);
      }
      expect(headers.get("vary")).toContain("Origin");
    }
    const refused = await call(chatPath, preflight("https://evil.example"));
    expect(refused.headers.has("access-control-allow-origin")).toBe(false);
    expect(await readError(refused)).toMatchObject({ status: 403, code: "ORIGIN_NOT_ALLOWED" });
  });

  test("are held against the tenant that the request names", async () => {
    const { call } = createPlatform(options);
    const ask = (tenant: string, origin: string) =>
      call(chatPath, { json: {}, headers: { "X-Tenant-ID": tenant, Origin: origin } });
    const own = await ask("shop", shop);
    expect([own.status, own.headers.get("access-control-allow-origin")]).toEqual([201, shop]);
    expect(own.headers.get("access-control-expose-headers")).toContain("X-RateLimit-Remaining");
    expect(own.headers.get("vary")).toContain("Origin");
    const foreign = await ask("demo", shop);
    expect(foreign.headers.has("access-control-allow-origin")).toBe(false);
    expect(await readError(foreign)).toMatchObject({ status: 403, code: "ORIGIN_NOT_ALLOWED" });
    expect((await ask("demo", "http://localhost:3000")).status).toBe(201);
    expect((await ask("shop", "http://localhost:8000")).status).toBe(201);
    expect((await ask("shop", "https://localhost:8000")).status).toBe(201);
  });

  test("can read why they were refused", async () => {
    const { call } = createPlatform(options);
    const headers = { Origin: "http://localhost:3000" };
    for (const [more, status] of [
      [{ "X-Tenant-ID": "nobody" }, 404],
      [{ "X-Visitor-Token": "wrong" }, 401],
    ] as const) {
      const response = await call(chatPath, { headers: { ...headers, ...more } });
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([status, headers.Origin]);
    }
    const validated = await call(`${prefix}/auth/tenant/shop`, { headers: { Origin: shop } });
    expect(validated.headers.get("access-control-allow-origin")).toBe(shop);
    const foreign = await call(`${prefix}/auth/tenant/demo`, { headers: { Origin: shop } });
    expect(foreign.status).toBe(403);
  });

  test("get no credentials when that is switched off, and never a wildcard", async () => {
    const { call } = createPlatform({ ...options, allowCredentials: false });
    const { headers } = await call("/health", { headers: { Origin: "http://localhost:3000" } });
    expect(headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(headers.has("access-control-allow-credentials")).toBe(false);
    expect((await call("/health", { headers: { Origin: shop } })).headers.has("access-control-allow-origin")).toBe(false);
  });
});

describe("every answer", () => {
  test("keeps a sane request id and replaces any other", async () => {
    const { call } = createPlatform();
    const idOf = async (id: string) => (await call("/health", { headers: { "X-Request-ID": id } })).headers.get("x-request-id");
    expect(await idOf("Trace-1.2_3")).toBe("Trace-1.2_3");
    for (const id of ["", "a b", "<script>", "x".repeat(129)]) expect(await idOf(id)).toMatch(/^req_[0-9a-z]{26}$/);
  });

  test("is compressed when it is large and the client takes gzip", async () => {
    const { call } = createPlatform();
    const plain = await call("/openapi.json");
    const packed = await call("/openapi.json", { headers: { "Accept-Encoding": "br, gzip" } });
    expect([plain.headers.get("content-encoding"), packed.headers.get("content-encoding")]).toEqual([null, "gzip"]);
    for (const { headers } of [plain, packed]) expect(headers.get("vary")).toContain("Accept-Encoding");
    const text = await plain.text();
    const bytes = Buffer.from(await packed.arrayBuffer());
    expect(bytes.length).toBeLessThan(text.length / 3);
    expect(gunzipSync(bytes).toString()).toBe(text);
    for (const [path, accept] of [
      ["/health", "gzip"],
      ["/openapi.json", "gzip;q=0, identity"],
      ["/openapi.json", "br"],
    ] as const) {
      const response = await call(path, { headers: { "Accept-Encoding": accept } });
      expect(response.headers.get("content-encoding"), `${path} ${accept}`).toBeNull();
      expect((await response.text()).startsWith("{")).toBe(true);
    }
  });

  test("is logged on one line, under its tenant and route, without ids, query or tokens", async () => {
    const { call, makeChat, logger } = createPlatform();
    const { id, token } = await makeChat();
    const before = logger.lines.length;
    await call(`${chatPath}/${id}/messages?limit=5&token=tttt`, {
      headers: { "X-Request-ID": "req-1", "X-Visitor-Token": token, "X-Tenant-ID": "demo" },
    });
    await call("/nothing?secret=ssss", { headers: { "X-Tenant-ID": "nobody" } });
    const lines = logger.lines.slice(before);
    expect(lines.map(({ fields }) => fields)).toEqual([
      {
        request_id: "req-1",
        tenant_id: "demo",
        method: "GET",
        route: `${chatPath}/:chat_id/messages`,
        status: 200,
        duration_ms: 0,
      },
      {
        request_id: expect.any(String),
        tenant_id: undefined,
        method: "GET",
        route: "unmatched",
        status: 404,
        duration_ms: 0,
      },
    ]);
    expect(JSON.stringify(logger.lines)).not.toMatch(/tttt|ssss|eyJ/);
  });

  test("is measured by route, and turns by how they ended", async () => {
    const { call, makeChat } = createPlatform({ pieces: ["Hi"] });
    const { id } = await makeChat();
    await call(`${chatPath}/${id}/messages`, { json: { content: "?" } });
    await call(`${chatPath}/elsewhere`, { method: "SMUGGLE" });
    const response = await call("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = (await response.text()).split("\n");
    for (const line of [
      `miptech_http_requests_total{method="POST",route="${chatPath}",status="201"} 1`,
      `miptech_http_requests_total{method="POST",route="${chatPath}/:chat_id/messages",status="200"} 1`,
      `miptech_http_requests_total{method="OTHER",route="unmatched",status="405"} 1`,
      'miptech_turns_total{outcome="stop"} 1',
      'miptech_tokens_total{kind="prompt"} 3',
      'miptech_tokens_total{kind="completion"} 4',
      "miptech_turn_first_chunk_seconds_count 1",
      "miptech_turns_under_way 0",
      "miptech_websocket_connections 0",
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines.join("\n")).not.toContain("demo");
  });
});

describe("the server", () => {
  test("answers what isn't HTTP, and addresses that are none, in the one shape", async () => {
    const { http } = createPlatform();
    const server = await listen(http.fetch);
    try {
      for (const [head, status, code] of [
        ["nonsense\r\n\r\n", 400, "INVALID_REQUEST"],
        ["GET /health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400, "INVALID_REQUEST"],
        [`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`, 431, "PAYLOAD_TOO_LARGE"],
      ] as const) {
        const socket = server.connect();
        let answer = "";
        socket.on("data", (bytes) => (answer += bytes.toString()));
        socket.write(head);
        await once(socket, "close");
        expect(answer.split("\r\n", 1)[0]).toContain(` ${status} `);
        const body = answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1);
        expect(JSON.parse(body).error).toMatchObject({ code, request_id: expect.stringMatching(/^req_/) });
      }
      expect((await fetch(`${server.url}/health/`)).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  test("takes a body over a real connection, and refuses one that is too large", async () => {
    const { http } = createPlatform();
    const server = await listen(http.fetch);
    try {
      const post = (body: string | ReadableStream) =>
        fetch(`${server.url}${chatPath}/`, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-Tenant-ID": "demo" },
          body,
          duplex: "half",
        });
      expect((await post('{"title":"Test Chat"}')).status).toBe(201);
      expect((await post(new Blob(['{"title":"In parts"}']).stream())).status).toBe(201);
      expect((await post(`"${"x".repeat(70_000)}"`)).status).toBe(413);
    } finally {
      await server.close();
    }
  });
});
