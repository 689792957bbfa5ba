import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createHttpServer } from "../../api/http.ts";
import { settle } from "../support/clock.ts";
import { watchServer } from "../support/record/answers.ts";
import { noteAnswer } from "../support/record/parts.ts";
import { openWs, type WsClient } from "../support/ws-client.ts";
import { createPlatform, type PlatformOptions } from "../rest/platform.ts";

type DialOptions = Parameters<typeof openWs>[2];

/** The raw door on memory behind a port of the system's choice, with time in the hands of the test. */
export async function listenRaw(options: PlatformOptions = {}) {
  const platform = createPlatform({
    limits: { enabled: false, requestsPerMinute: 1, burst: 0 },
    ...options,
  });
  const server = createHttpServer(platform.http.fetch, platform.door.upgrade);
  watchServer(server, noteAnswer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clients: WsClient[] = [];

  /** A client that was let through the handshake. @throws RefusedError */
  async function dial(query: Record<string, string> = {}, options: DialOptions = {}) {
    const address = `ws://127.0.0.1:${port}/ws`;
    const client = await openWs(address, { tenant_id: "demo", ...query }, options);
    clients.push(client);
    return client;
  }

  return {
    ...platform,
    port,
    url: `http://127.0.0.1:${port}`,
    dial,
    /** A client that was greeted. */
    async connect(options: DialOptions = {}): Promise<WsClient> {
      const client = await dial({}, options);
      await client.next();
      return client;
    },
    async close(): Promise<void> {
      for (const client of clients) client.drop();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Lets time pass for a client that answers the server's pings; takes none of its frames. */
export async function pass({ clock }: RawPlatform, client: WsClient, ms: number): Promise<void> {
  const pongs = () => client.frames.filter(({ type }) => type === "pong").length;
  for (let left = ms; left > 0; left -= 10_000) {
    clock.advance(Math.min(left, 10_000));
    const before = pongs();
    client.send("ping");
    await until(() => pongs() > before || client.ws.readyState !== client.ws.OPEN);
  }
}

export type RawPlatform = Awaited<ReturnType<typeof listenRaw>>;

/** Lets the network go on until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("It never came to hold");
    await settle();
  }
}
