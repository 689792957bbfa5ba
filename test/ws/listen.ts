import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { ClientOptions } from "ws";
import { createHttpServer } from "../../api/http.ts";
import { settle } from "../support/clock.ts";
import { openWs, type WsClient } from "../support/ws-client.ts";
import { createPlatform, type PlatformOptions } from "../rest/platform.ts";

/** The raw door on memory behind a port of the system's choice, with time in the hands of the test. */
export async function listenRaw(options: PlatformOptions = {}) {
  const platform = createPlatform({
    limits: { enabled: false, requestsPerMinute: 1, burst: 0 },
    ...options,
  });
  const server = createHttpServer(platform.http.fetch, platform.door.upgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clients: WsClient[] = [];

  return {
    ...platform,
    port,
    url: `http://127.0.0.1:${port}`,
    /** A client that was greeted. */
    async connect(options: ClientOptions = {}): Promise<WsClient> {
      const client = await openWs(`ws://127.0.0.1:${port}/ws`, { tenant_id: "demo" }, options);
      clients.push(client);
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

export type RawPlatform = Awaited<ReturnType<typeof listenRaw>>;

/** Lets the network go on until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("It never came to hold");
    await settle();
  }
}
