import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { securityHeaders, StartError } from "../../api/app.ts";

/** A process that connections can be led to. */
export interface Backend {
  /** On 127.0.0.1; undefined while it doesn't listen. */
  readonly port: number | undefined;
  readonly isReady: boolean;
}

export interface BalancerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Read at each connection. */
  readonly backends: readonly Backend[];
  readonly report: (line: string) => void;
}

export interface Balancer {
  readonly port: number;
  /** Takes no more connections and cuts the open ones. */
  close(): Promise<void>;
}

const connectMs = 1000;
const refusal = [
  "HTTP/1.1 503 Service Unavailable",
  "Retry-After: 1",
  "Content-Length: 0",
  "Connection: close",
  ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  "\r\n",
].join("\r\n");

/**
 * Leads each TCP connection to one of the processes, in turn among those that are ready, and passes the
 * bytes on as they are: HTTP, server-sent events and WebSockets alike. Where a process can't be connected to,
 * the next one gets the connection; where none can, it is answered with 503.
 * @throws StartError when the port is taken.
 */
export async function startBalancer(options: BalancerOptions): Promise<Balancer> {
  const { host, backends, report } = options;
  const open = new Set<Socket>();
  let turn = 0;

  function keep(socket: Socket): void {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // Whatever breaks one side cuts the other in `relay`; before that there is nothing to cut.
    socket.on("error", () => socket.destroy());
  }

  async function lead(client: Socket): Promise<void> {
    for (const { port } of takeTurns(backends, (turn += 1))) {
      const backend = port && (await tryConnect(port));
      if (!backend) continue;
      keep(backend);
      return relay(client, backend);
    }
    refuse(client);
  }

  // Half-closed connections stay open: whoever has sent all still waits for the answer.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on("connection", (client) => {
    keep(client);
    lead(client).catch((error: unknown) => {
      report(`⚠️  A connection could not be led on: ${String(error)}`);
      client.destroy();
    });
  });
  const port = await listen(server, options.port, host);
  server.on("error", (error) => report(`⚠️  A connection could not be taken: ${error.message}`));

  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Those that are ready first, each group from another one on at each turn. */
export function takeTurns(backends: readonly Backend[], turn: number): Backend[] {
  const first = turn % Math.max(1, backends.length);
  const turned = [...backends.slice(first), ...backends.slice(0, first)];
  return turned.toSorted((one, other) => Number(other.isReady) - Number(one.isReady));
}

/** Undefined when nobody takes the connection. */
function tryConnect(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
    const give = (result: Socket | undefined) => {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(result);
    };
    const fail = () => {
      socket.destroy();
      give(undefined);
    };
    // A process that is frozen takes connections until its backlog is full.
    const timer = setTimeout(fail, connectMs);
    socket.once("error", fail);
    socket.once("connect", () => give(socket));
  });
}

/** A side that ends is ended on the other; one that breaks or is reset resets the other. */
function relay(client: Socket, backend: Socket): void {
  if (client.destroyed) return void backend.destroy();
  for (const [from, to] of [
    [client, backend],
    [backend, client],
  ] as const) {
    from.on("error", () => to.resetAndDestroy());
    from.pipe(to);
  }
}

function refuse(client: Socket): void {
  client.setTimeout(connectMs, () => client.destroy());
  // What is left unread would reset the connection, and with it the answer.
  client.resume();
  client.end(refusal);
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const text = `Port ${port} is in use by another program: stop it, or set PORT.`;
      reject(error.code === "EADDRINUSE" ? new StartError(text) : error);
    });
    server.listen(port, host, resolve);
  });
  server.removeAllListeners("error");
  const { port: taken } = server.address() as AddressInfo;
  return taken;
}
