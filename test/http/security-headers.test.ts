import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { securityHeaders } from "../../api/core/security-headers.ts";
import { createHttpServer } from "../../api/http.ts";
import { portOf } from "../../api/main.ts";
import { openBrowser, recordPage } from "../support/browser.ts";
import { startPlatform } from "../support/platform.ts";
import { listenPlatform } from "../graphql/listen.ts";
import { createPlatform, prefix } from "../rest/platform.ts";
import { listenRaw } from "../ws/listen.ts";

let elementDir: string;
beforeAll(async () => {
  elementDir = await mkdtemp(join(tmpdir(), "element-"));
  await writeFile(join(elementDir, "widget.js"), "export const one = 1;");
});
afterAll(() => rm(elementDir, { recursive: true }));

const json = { "Content-Type": "application/json" };
const html = { Accept: "text/html" };
const anyone = { Origin: "http://localhost:3000" };
const tooLarge = "x".repeat(70_000);
const preflight = { ...anyone, "Access-Control-Request-Method": "POST" };

const answers: [what: string, path: string, init: RequestInit, status: number][] = [
  ["an answer", `${prefix}/chat`, { method: "POST", headers: json, body: "{}" }, 201],
  ["an answer to another origin's page", "/health", { headers: anyone }, 200],
  ["a preflight", `${prefix}/chat`, { method: "OPTIONS", headers: preflight }, 204],
  ["a refusal", `${prefix}/chat`, { method: "POST", headers: json, body: "{" }, 400],
  ["a missing address", "/nothing", {}, 404],
  ["a wrong method", "/health", { method: "PUT" }, 405],
  ["an unknown tenant", `${prefix}/chat/x`, { headers: { "X-Tenant-ID": "nobody" } }, 404],
  ["a refused admin", `${prefix}/admin/usage`, {}, 401],
  ["GraphQL", "/graphql?query={tenant{id}}", { headers: { "X-Tenant-ID": "demo" } }, 200],
  ["a refusal of GraphQL", "/graphql", { method: "POST", body: "{}" }, 415],
  ["the description", "/openapi.json", { headers: { "Accept-Encoding": "gzip" } }, 200],
  ["the metrics", "/metrics", {}, 200],
  ["a file of the docs", "/docs/start.js", {}, 200],
  ["a large body", `${prefix}/chat`, { method: "POST", headers: json, body: tooLarge }, 413],
  ["a large body of GraphQL", "/graphql", { method: "POST", headers: json, body: tooLarge }, 413],
  ["a wrong type", `${prefix}/chat`, { method: "POST", body: "x" }, 415],
  ["a wrong method of GraphQL", "/graphql", { method: "DELETE" }, 405],
  ["a wrong token", `${prefix}/auth/me`, { headers: { Authorization: "Bearer x" } }, 401],
  ["a refused origin", `${prefix}/auth/me`, { headers: { Origin: "https://evil.example" } }, 403],
  ["a WebSocket's address without one", "/ws", {}, 404],
  ["a head alone", "/health", { method: "HEAD" }, 200],
  ["a refused head", "/nothing", { method: "HEAD" }, 404],
  ["the docs", "/docs", {}, 200],
  ["GraphiQL", "/graphql", { headers: html }, 200],
  ["the element", "/widget.js", {}, 200],
];

test.each(answers)("%s carries the security headers", async (what, path, init, status) => {
  const platform = createPlatform({ elementDir });
  const request = new Request(`http://localhost${path}`, init);
  const response = await platform.http.fetch(request, { address: "127.0.0.1" });
  expect(response.status).toBe(status);
  const { headers } = response;
  const isPage = what === "the docs" || what === "GraphiQL";
  for (const [name, value] of Object.entries(securityHeaders)) {
    const isOther =
      (name === "Content-Security-Policy" && isPage) ||
      (name === "Cross-Origin-Resource-Policy" && what === "the element");
    if (!isOther) expect(headers.get(name), name).toBe(value);
  }
  const policy = headers.get("content-security-policy");
  expect(policy).toMatch(/^default-src 'none'; /);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(headers.has("permissions-policy")).toBe(isPage);
  expect(headers.get("cross-origin-opener-policy")).toBe(isPage ? "same-origin" : null);
  if (what === "the element") {
    expect(headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  }
  for (const name of ["x-powered-by", "server", "strict-transport-security"]) {
    expect(headers.has(name), name).toBe(false);
  }
  await response.body?.cancel();
});

test("streams and files that are current carry them too", async () => {
  const { http, makeChat } = createPlatform({ elementDir });
  const ask = (path: string, headers: Record<string, string>) =>
    http.fetch(new Request(`http://localhost${path}`, { headers }), { address: "127.0.0.1" });
  const { id } = await makeChat();
  const query = encodeURIComponent(`subscription { turnEvents(chatId: "${id}") { place } }`);
  const events = { Accept: "text/event-stream" };
  const file = await ask("/widget.js", {});
  for (const [response, status] of [
    [await ask(`${prefix}/chat/${id}/events`, { ...events, "X-Tenant-ID": "demo" }), 200],
    [await ask(`/graphql?query=${query}`, { ...events, "X-Tenant-ID": "demo" }), 200],
    [await ask("/widget.js", { "If-None-Match": file.headers.get("etag") ?? "" }), 304],
  ] as const) {
    expect(response.status).toBe(status);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; /);
    await response.body?.cancel();
  }
});

/** All that is answered to a text on a bare connection. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (part) => (answer += String(part)));
  socket.write(text);
  await once(socket, "close");
  return answer;
}

const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
const key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const host = "Host: x\r\n";

describe("before there is a request, or a WebSocket,", () => {
  test.each([
    ["what isn't HTTP", "nonsense\r\n\r\n", 400],
    ["a bad host", "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400],
    ["a large head", `GET / HTTP/1.1\r\n${host}X: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["a refused handshake", `GET /ws HTTP/1.1\r\n${host}${upgrade}${key}\r\n`, 400],
    ["a handshake without a key", `GET /ws?tenant_id=demo HTTP/1.1\r\n${host}${upgrade}\r\n`, 400],
    ["an unknown tenant's", `GET /ws?tenant_id=no HTTP/1.1\r\n${host}${upgrade}${key}\r\n`, 404],
    [
      "one with a wrong token",
      `GET /ws?tenant_id=demo&token=x HTTP/1.1\r\n${host}${upgrade}${key}\r\n`,
      401,
    ],
  ])("%s is answered in JSON with them", async (_what, text, status) => {
    const platform = await listenRaw();
    try {
      expectSecure(await exchange(platform.port, text), status);
    } finally {
      await platform.close();
    }
  });

  test("GraphQL's handshake without a key is too", async () => {
    const platform = await listenPlatform();
    try {
      const text = `GET /graphql HTTP/1.1\r\n${host}${upgrade}\r\n`;
      expectSecure(await exchange(Number(new URL(platform.url).port), text), 400);
    } finally {
      await platform.close();
    }
  });
});

function expectSecure(answer: string, status: number): void {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  for (const [name, value] of Object.entries(securityHeaders)) {
    expect(head.toLowerCase()).toContain(`${name}: ${value}`.toLowerCase());
  }
  expect(JSON.stringify(JSON.parse(body))).toMatch(/"code":"(INVALID|PAYLOAD|TENANT|REQUEST)_/);
}

describe("what doesn't come to its end", () => {
  const timeouts = { head: 100, request: 300, check: 20 };
  test.each([
    ["its head", `GET / HTTP/1.1\r\n${host}X: `],
    ["its body", `POST ${prefix}/chat HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\n{`],
  ])("with %s is answered with 408 and them", async (_what, text) => {
    const { http, door } = createPlatform();
    const server = createHttpServer(http.fetch, door.upgrade, timeouts);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      expectSecure(await exchange(portOf(server), text), 408);
    } finally {
      server.close();
      await once(server, "close");
    }
  });
});

test("a WebSocket at an address that is none is refused with them", async () => {
  const platform = await startPlatform();
  try {
    const text = `GET /nothing HTTP/1.1\r\n${host}${upgrade}${key}\r\n`;
    const answer = (await exchange(Number(new URL(platform.url).port), text)).toLowerCase();
    expect(answer).toMatch(/^http\/1.1 404 /);
    for (const [name, value] of Object.entries(securityHeaders))
      expect(answer).toContain(`${name}: ${value}`.toLowerCase());
  } finally {
    await platform.close();
  }
});

test("the docs work in a browser under their policy, and ask nobody else", async () => {
  const platform = await listenPlatform();
  const browser: Browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const record = recordPage(page);
    const origin = new URL(platform.url).origin;
    await page.goto(`${origin}/docs`);
    await page.getByText("Ask a question").first().waitFor();
    expect(record.faults).toEqual([]);
    expect([...record.origins]).toEqual([origin]);
  } finally {
    await browser.close();
    await platform.close();
  }
});
