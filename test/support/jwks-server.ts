import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface JwksServer {
  readonly url: string;
  readonly port: number;
  /** How often it was asked. */
  readonly requests: number;
  /** From now on answers with these keys. */
  publish(keys: readonly object[]): void;
  /** From now on answers like this. */
  answerWith(answer: Answer): void;
  close(): Promise<void>;
}

/** A server of one key set, on a loopback address; with no keys until some are published. */
export async function startJwksServer(host = "127.0.0.1"): Promise<JwksServer> {
  let requests = 0;
  let answer: Answer = answerKeys([]);
  const server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${host}:${port}/.well-known/jwks.json`,
    port,
    get requests() {
      return requests;
    },
    publish(keys) {
      answer = answerKeys(keys);
    },
    answerWith(next) {
      answer = next;
    },
    close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      return closed;
    },
  };
}

function answerKeys(keys: readonly object[]): Answer {
  return (_request, response) => {
    response.setHeader("content-type", "application/jwk-set+json");
    response.end(JSON.stringify({ keys }));
  };
}
