import { once } from "node:events";
import { connect, type AddressInfo, type Socket } from "node:net";
import { createHttpServer, type Fetch } from "../../api/http.ts";

/** Serves a platform on a port of the system's choice. */
export async function listen(fetch: Fetch) {
  const server = createHttpServer(fetch, (_request, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    /** A bare connection, for what a client library wouldn't do. */
    connect: (): Socket => connect({ port, host: "127.0.0.1" }),
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
