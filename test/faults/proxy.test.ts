import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startProxy, type Proxy } from "./proxy.ts";
import type { Line } from "./proxy-line.ts";

let opened: AsyncDisposableStack;
let proxy: Proxy;
/** The server's ends of the connections. */
let accepted: Socket[];

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  accepted = [];
  const server = createServer((socket) => void accepted.push(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened.defer(() => new Promise((resolve) => void server.close(() => resolve())));
  proxy = await startProxy();
  opened.defer(() => proxy.close());
  const address = server.address();
  proxy.target = typeof address === "object" ? address?.port : undefined;
});

afterEach(() => opened.disposeAsync());

/** A connection through the proxy, with what the client has received so far. */
async function open() {
  const client = connect(Number(new URL(proxy.origin).port), "127.0.0.1");
  opened.defer(async () => void client.destroy());
  const parts: Buffer[] = [];
  const ended = new Promise<string>((resolve) => {
    client.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    client.on("close", () => resolve("closed"));
  });
  client.on("data", (part) => void parts.push(part));
  client.write("hello");
  await expect.poll(() => accepted.length).toBe(1);
  const [[server], [line]] = [accepted, proxy.lines()];
  if (!server || !line) throw new Error("There is no connection");
  expect(String((await once(server, "data"))[0])).toBe("hello");
  return { client, server, line, parts, ended, text: () => Buffer.concat(parts).toString() };
}

function trouble(line: Line, change: Partial<Line["down"]>): void {
  Object.assign(line.down, change);
}

const aMinute = () => Date.now() + 60_000;

test("it passes on what comes and the end of it, both ways", async () => {
  const { client, server, text, ended } = await open();
  server.write("welcome");
  await expect.poll(text).toBe("welcome");
  client.end("bye");
  expect(String((await once(server, "data"))[0])).toBe("bye");
  server.end();
  expect(await ended).toBe("closed");
  await expect.poll(() => proxy.lines()).toEqual([]);
});

test("a reset reaches both sides", async () => {
  const { server, line, ended } = await open();
  const broken = new Promise((resolve) => server.once("close", resolve));
  line.reset();
  expect(await ended).toBe("ECONNRESET");
  await broken;
});

test("a cut lets the half of a message through", async () => {
  const { server, line, text, ended } = await open();
  trouble(line, { cutsNext: "end" });
  server.write("abcdef");
  await ended;
  expect(text()).toBe("abc");
});

test("what is held comes later, whole and in order", async () => {
  const { client, server, line, text } = await open();
  trouble(line, { heldUntil: aMinute() });
  server.write("abc");
  server.write("def");
  // The other way it still passes: by then the proxy has had both.
  for (const word of ["one", "two", "three"]) {
    client.write(word);
    expect(String((await once(server, "data"))[0])).toBe(word);
  }
  expect(text()).toBe("");
  trouble(line, { heldUntil: 0 });
  await expect.poll(text).toBe("abcdef");
});

test("sliced, late or throttled, everything arrives", async () => {
  const { server, line, parts, text } = await open();
  const sent = "0123456789".repeat(5);
  trouble(line, { slicedUntil: aMinute() });
  server.write(sent);
  await expect.poll(text).toBe(sent);
  expect(parts.length).toBeGreaterThan(1);
  trouble(line, { slicedUntil: 0, lateBy: 5, lateUntil: aMinute(), bytesPerSecond: 1000 });
  trouble(line, { throttledUntil: aMinute() });
  server.write(sent);
  await expect.poll(text).toBe(sent + sent);
});

test("a new connection is refused while the server is nowhere", async () => {
  proxy.target = undefined;
  const client = connect(Number(new URL(proxy.origin).port), "127.0.0.1");
  const [error] = await once(client, "error");
  expect(error).toMatchObject({ code: "ECONNRESET" });
});
