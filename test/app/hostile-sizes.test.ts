import { deflateRawSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  closeCodeOf,
  makeFrame,
  openLine,
  openWebSocket,
  pour,
  startServer,
  trickle,
  type Line,
  type Measured,
} from "./hostile/attack.ts";

const MiB = 1024 * 1024;
const chatPath = "/api/v1/chat";
let server: Awaited<ReturnType<typeof startServer>>;
let before: Measured;

beforeAll(async () => {
  server = await startServer();
  // What is made at the first use is not what an attack costs.
  await expectServed();
});
afterAll(() => server?.close());
beforeEach(async () => {
  before = await server.measure();
});

/**
 * At its peak 96 MiB more than ever before: the young generation of the heap may grow to 48 MiB and is then half
 * empty, and each of 200 connections may have 16 KiB of head and 64 KiB of body under way. The attacks offer at
 * least four times as much. Once they are over, 8 MiB: caches, compiled code, and the log that the test keeps.
 */
afterEach(async () => {
  await expectServed();
  const after = await server.measure();
  expect(after.peak - before.peak).toBeLessThan(96 * MiB);
  expect(after.held - before.held).toBeLessThan(8 * MiB);
  expect(after.errors).toBe(0);
});

/** Somebody else asks a question and gets its answer. */
async function expectServed(): Promise<void> {
  const headers = { "Content-Type": "application/json", "X-Tenant-ID": "demo" };
  const post = async (path: string, body: object) => {
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return Object(await (await fetch(server.url + path, init)).json());
  };
  const { id } = await post(chatPath, {});
  const { reply } = await post(`${chatPath}/${id}/messages`, { content: "Are you there?" });
  expect(reply.content).toBe("Still here.");
}

function expectRefused(answer: string, status: number, code: string): void {
  expect(answer.slice(0, 300)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toContain(`"code":"${code}"`);
}

const post = (path: string, ...headers: string[]) =>
  [`POST ${path} HTTP/1.1`, "Host: x", "Content-Type: application/json", ...headers, "", ""].join(
    "\r\n",
  );

describe("a body of 50 MB", () => {
  const size = 50_000_000;
  const part = Buffer.alloc(64 * 1024, "x");
  const chunk = Buffer.concat([Buffer.from("10000\r\n"), part, Buffer.from("\r\n")]);
  // What the kernel takes from one end before the other end has read it.
  const underWay = 16 * MiB;

  test.each([
    ["whose length is said", chatPath, `Content-Length: ${size}`, part],
    ["that comes in chunks", chatPath, "Transfer-Encoding: chunked", chunk],
    ["for GraphQL, whose length is said", "/graphql", `Content-Length: ${size}`, part],
    ["for GraphQL in chunks", "/graphql", "Transfer-Encoding: chunked", chunk],
  ])(
    "%s is refused before most of it was sent, eight at a time",
    async (_, path, header, bytes) => {
      const lines = Array.from({ length: 8 }, () => openLine(server.port));
      const sent = lines.map((line) => {
        line.socket.write(post(path, "X-Tenant-ID: demo", header));
        return pour(line, bytes, size);
      });
      await expectServed();
      for (const line of lines) {
        expectRefused((await line.closed).toString(), 413, "PAYLOAD_TOO_LARGE");
      }
      for (const count of await Promise.all(sent)) expect(count).toBeLessThan(underWay);
    },
  );

  test("that is compressed is refused unread", async () => {
    const line = openLine(server.port);
    const bomb = Buffer.alloc(1000);
    line.socket.write(post(chatPath, "Content-Encoding: gzip", `Content-Length: ${bomb.length}`));
    line.socket.write(bomb);
    const answer = await line.until((bytes) => bytes.includes("}}"));
    expectRefused(answer.toString(), 415, "UNSUPPORTED_MEDIA_TYPE");
    line.socket.destroy();
  });
});

describe.each([
  ["the raw WebSocket", "/ws?tenant_id=demo", ""],
  ["graphql-ws", "/graphql", "Sec-WebSocket-Protocol: graphql-transport-ws\r\n"],
])("%s", (_, path, protocol) => {
  const open = () => openWebSocket(server.port, path, protocol);
  const text = 0x81;

  test("closes at a frame that announces 4 GB, without room for it", async () => {
    const opened = await Promise.all(Array.from({ length: 50 }, open));
    for (const { line } of opened) {
      line.socket.write(makeFrame(text, Buffer.alloc(10), 4 * 1024 * MiB));
    }
    for (const { line } of opened) expect(closeCodeOf(await line.closed)).toBe(1009);
  });

  test("closes at fragments that add up", async () => {
    const { line } = await open();
    const fragment = Buffer.alloc(256 * 1024, "x");
    line.socket.write(makeFrame(0x01, fragment));
    for (let count = 0; count < 4; count += 1) line.socket.write(makeFrame(0x00, fragment));
    expect(closeCodeOf(await line.closed)).toBe(1009);
  });

  test("takes no offer of compression, and closes at a bomb", async () => {
    const offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    const { line, head } = await openWebSocket(server.port, path, protocol + offer);
    expect(head).toMatch(/^HTTP\/1.1 101 /);
    expect(head).not.toMatch(/extensions/i);
    const bomb = deflateRawSync(Buffer.alloc(200 * MiB));
    expect(bomb.length).toBeLessThan(MiB);
    line.socket.write(makeFrame(0xc1, bomb));
    expect(closeCodeOf(await line.closed)).toBe(1002);
  });
});

describe("200 connections", () => {
  const openAll = () => Array.from({ length: 200 }, () => openLine(server.port));

  /** The server has let go of them, once they had time to read why. */
  async function expectGone(): Promise<void> {
    const count = async () => (await server.measure()).connections;
    await expect.poll(count, { timeout: 10_000 }).toBeLessThan(10);
  }

  /** They all go at once; the others are served meanwhile. */
  async function attack(lines: readonly Line[], text: string): Promise<void> {
    const ended = lines.map((line) => trickle(line, text, 50));
    await expectServed();
    for (const answer of await Promise.all(ended)) expectRefused(answer, 408, "REQUEST_TIMEOUT");
    await expectGone();
  }

  test("that send their heads byte by byte are ended", async () => {
    await attack(openAll(), "GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: slow");
  });

  test("that send their bodies byte by byte are ended", async () => {
    const lines = openAll();
    for (const { socket } of lines) socket.write(post(chatPath, "Content-Length: 5000"));
    await attack(lines, "x");
  });

  test("that say nothing are ended", async () => {
    const answers = openAll().map(({ closed }) => closed);
    await expectServed();
    await Promise.all(answers);
    await expectGone();
  });
});

describe("a head", () => {
  test.each([
    ["with a header that is too large", `X-Long: ${"x".repeat(20_000)}\r\n`],
    ["with thousands of headers", "X-Many: one\r\n".repeat(5000)],
    ["without an end", "X-Endless: one\r\n".repeat(1_000_000)],
  ])("%s is refused", async (_, headers) => {
    const line = openLine(server.port);
    line.socket.write(`GET /health HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
    expectRefused((await line.closed).toString(), 431, "PAYLOAD_TOO_LARGE");
  });
});

describe("GraphQL", () => {
  async function ask(body: string) {
    const headers = {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json",
      "X-Tenant-ID": "demo",
    };
    const response = await fetch(`${server.url}/graphql`, { method: "POST", headers, body });
    return [response.status, Object(await response.json()).errors?.[0].extensions.code];
  }
  const query = (text: string) => JSON.stringify({ query: text });

  test.each([
    ["a document beyond the size of a body", query(`{ ${"tenant { id } ".repeat(10_000)} }`), 413],
    ["a document of too many words", query(`{ ${"tenant ".repeat(5000)} }`), 400],
    ["a deep document", query(`${"{ a ".repeat(5000)}${"}".repeat(5000)}`), 400],
    ["a batch", `[${Array(1000).fill(query("{ tenant { id } }")).join(",")}]`, 400],
  ])("refuses %s", async (_, body, status) => {
    const [given, code] = await ask(body);
    expect(given).toBe(status);
    expect(code).toMatch(/^(PAYLOAD_TOO_LARGE|QUERY_TOO_COMPLEX|INVALID_REQUEST)$/);
  });

  test("refuses a message that is too large for a body, and serves the connection on", async () => {
    const protocol = "Sec-WebSocket-Protocol: graphql-transport-ws\r\n";
    const { line } = await openWebSocket(server.port, "/graphql?tenant_id=demo", protocol);
    const send = (message: object) =>
      line.socket.write(makeFrame(0x81, Buffer.from(JSON.stringify(message))));
    send({ type: "connection_init" });
    await line.until((bytes) => bytes.includes("connection_ack"));
    const large = `{ ${"tenant { id } ".repeat(10_000)} }`;
    send({ id: "1", type: "subscribe", payload: { query: large } });
    await line.until((bytes) => bytes.includes("PAYLOAD_TOO_LARGE"));
    send({ id: "2", type: "subscribe", payload: { query: "{ tenant { id } }" } });
    await line.until((bytes) => bytes.includes('"id":"demo"'));
    line.socket.destroy();
  });
});
