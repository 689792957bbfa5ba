import { connect, createServer, type Socket } from "node:net";
import { joinSockets, resetSocket, type Line } from "./proxy-line.ts";

/** A TCP proxy on loopback before one server. It stays where the server goes and comes. */
export interface Proxy {
  /** Such as http://127.0.0.1:4711. */
  readonly origin: string;
  /** The open connections, oldest first. */
  lines(): readonly Line[];
  /** Where the server is from now on; undefined: nowhere. */
  target: number | undefined;
  /** New connections are reset until then; milliseconds since the epoch. */
  refusesUntil: number;
  /** Nothing passes on new connections until then. */
  holdsUntil: number;
  close(): Promise<void>;
}

/** @param target the port of the server on loopback, where it is known. */
export async function startProxy(target?: number): Promise<Proxy> {
  const lines = new Set<Line>();
  const server = createServer({ allowHalfOpen: true }, (client) => accept(client));

  function accept(client: Socket): void {
    client.on("error", () => client.destroy());
    if (proxy.target === undefined || proxy.refusesUntil > Date.now()) {
      resetSocket(client);
      return;
    }
    const upstream = connect({ port: proxy.target, host: "127.0.0.1", allowHalfOpen: true });
    upstream.once("error", () => resetSocket(client));
    const line = joinSockets(client, upstream, proxy.holdsUntil);
    lines.add(line);
    void line.closed.finally(() => lines.delete(line));
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const proxy: Proxy = {
    origin: `http://127.0.0.1:${port}`,
    lines: () => [...lines],
    target,
    refusesUntil: 0,
    holdsUntil: 0,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const line of lines) line.reset();
      await closed;
    },
  };
  return proxy;
}
