import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { listen } from "./rest/listen.ts";
import { createPlatform, prefix } from "./rest/platform.ts";

const chatPath = `${prefix}/chat`;

describe("every answer", () => {
  test("keeps a sane request id and replaces any other", async () => {
    const { call } = createPlatform();
    const idOf = async (id: string) =>
      (await call("/health", { headers: { "X-Request-ID": id } })).headers.get("x-request-id");
    expect(await idOf("Trace-1.2_3")).toBe("Trace-1.2_3");
    for (const id of ["", "a b", "<script>", "x".repeat(129)])
      expect(await idOf(id)).toMatch(/^req_[0-9a-z]{26}$/);
  });

  test("is compressed when it is large and the client takes gzip", async () => {
    const { call } = createPlatform();
    const plain = await call("/openapi.json");
    const packed = await call("/openapi.json", { headers: { "Accept-Encoding": "br, gzip" } });
    expect([plain.headers.get("content-encoding"), packed.headers.get("content-encoding")]).toEqual(
      [null, "gzip"],
    );
    for (const { headers } of [plain, packed])
      expect(headers.get("vary")).toContain("Accept-Encoding");
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
        ["GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "INVALID_REQUEST"],
        ["GET /health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400, "INVALID_REQUEST"],
        [
          `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`,
          431,
          "PAYLOAD_TOO_LARGE",
        ],
      ] as const) {
        const socket = server.connect();
        let answer = "";
        socket.on("data", (bytes) => (answer += bytes.toString()));
        socket.write(head);
        await once(socket, "close");
        expect(answer.split("\r\n", 1)[0]).toContain(` ${status} `);
        const body = answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1);
        expect(JSON.parse(body).error).toMatchObject({
          code,
          request_id: expect.stringMatching(/^req_/),
        });
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
