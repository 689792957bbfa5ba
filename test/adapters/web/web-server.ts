import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A host of the web on loopback, which counts who connects to it. */
export interface WebServer {
  readonly port: number;
  /** Of 127.0.0.1. */
  readonly url: string;
  readonly connections: number;
  /** The paths that were asked for, in order. */
  readonly paths: readonly string[];
  answerWith(listener: RequestListener): void;
  close(): Promise<void>;
}

export async function startWebServer(listener?: RequestListener): Promise<WebServer> {
  let answer: RequestListener = listener ?? ((_request, response) => void response.end("nothing"));
  let connections = 0;
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    answer(request, response);
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    paths,
    answerWith: (next) => void (answer = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
