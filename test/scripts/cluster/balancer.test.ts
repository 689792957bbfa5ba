import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { startBalancer, type Backend } from "../../../scripts/cluster/balancer.ts";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A process that greets with its name and sends back what it gets, until the client has ended. */
async function startEcho(name: string) {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    socket.write(`${name}:`);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      for (const socket of sockets) socket.destroy();
    });
  closers.push(stop);
  return { port: (server.address() as AddressInfo).port, isReady: true, sockets, stop };
}

async function open(backends: readonly Backend[]): Promise<number> {
  const said: string[] = [];
  const report = (line: string) => void said.push(line);
  const balancer = await startBalancer({ host: "127.0.0.1", port: 0, backends, report });
  closers.push(balancer.close, async () => expect(said).toEqual([]));
  return balancer.port;
}

/** Sends, ends its half, and reads until the other side has ended too. */
async function ask(port: number, request: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(request);
  return text(socket);
}

test("connections go to the ready processes in turn, and bytes pass unchanged both ways", async () => {
  const [first, second] = [await startEcho("first"), await startEcho("second")];
  const third = { ...(await startEcho("third")), isReady: false };
  const port = await open([first, second, third]);
  const bytes = "\0é🍅".repeat(100_000);
  const answers = [];
  for (let count = 0; count < 6; count += 1) answers.push(await ask(port, bytes));
  const names = answers.map((answer) => answer.split(":", 1)[0]);
  expect(names.filter((name) => name === "first").length).toBeGreaterThanOrEqual(2);
  expect(names.filter((name) => name === "second").length).toBeGreaterThanOrEqual(2);
  expect(new Set(names)).toEqual(new Set(["first", "second"]));
  for (const [i, answer] of answers.entries()) expect(answer).toBe(`${names[i]}:${bytes}`);
});

test("a connection that a process doesn't take goes to another one", async () => {
  const [gone, living] = [await startEcho("gone"), await startEcho("living")];
  await gone.stop();
  const absent = { port: undefined, isReady: true };
  const port = await open([gone, absent, living]);
  for (let count = 0; count < 3; count += 1) expect(await ask(port, "?")).toBe("living:?");
});

test("a process that isn't ready is better than none", async () => {
  const draining = { ...(await startEcho("draining")), isReady: false };
  const port = await open([draining]);
  expect(await ask(port, "?")).toBe("draining:?");
});

test("without any process the answer is 503", async () => {
  const port = await open([]);
  const response = await fetch(`http://127.0.0.1:${port}/widget.js`);
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
});

test("a side that breaks is broken on the other", async () => {
  const backend = await startEcho("backend");
  const port = await open([backend]);
  const client = connect(port, "127.0.0.1");
  await once(client, "data");
  const failed = once(client, "error");
  backend.sockets[0]?.resetAndDestroy();
  expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);

  const next = connect(port, "127.0.0.1");
  await once(next, "data");
  const closed = new Promise((resolve) => backend.sockets[1]?.once("close", resolve));
  next.resetAndDestroy();
  await closed;
});

test("a port that is taken is named", async () => {
  const port = await open([]);
  const again = startBalancer({ host: "127.0.0.1", port, backends: [], report: () => undefined });
  await expect(again).rejects.toThrow(`Port ${port} is in use by another program`);
});
