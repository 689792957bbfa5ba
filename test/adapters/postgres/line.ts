import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A line to the database that can be cut, or fall silent, at a chosen moment. */
export interface Line {
  /** Of the database, by way of the line. */
  readonly url: string;
  /** From here on nothing passes, and neither side is told. */
  silence(): void;
  /** New connections pass again; those that were open in the silence stay silent. */
  restore(): void;
  /**
   * Does something to the connection of the next request with these words: `cut` in place of the reply,
   * `silent` from the reply on, or cut at once with the request still `under way`.
   */
  stopAt(words: string, how: "cut" | "silent" | "under way"): void;
  /** Resolves when the next one that `stopAt` waits for is stopped. */
  whenStopped(): Promise<void>;
  /** Lets the request that is under way arrive. */
  deliver(): void;
  close(): Promise<void>;
}

export async function openLine(databaseUrl: string): Promise<Line> {
  const target = new URL(databaseUrl);
  const pairs = new Set<{ readonly sockets: readonly Socket[]; isSilent: boolean }>();
  let isSilent = false;
  let stop: { readonly words: string; readonly how: Parameters<Line["stopAt"]>[1] } | undefined;
  let deliver = (): void => undefined;
  let tell = (): void => undefined;

  // Half open, since a silent line doesn't answer a farewell either.
  const allowHalfOpen = true;
  const server = createServer({ allowHalfOpen }, (client) => {
    const port = Number(target.port);
    const database = connect({ port, host: target.hostname, allowHalfOpen });
    const pair = { sockets: [client, database], isSilent };
    let isCut = false;
    pairs.add(pair);
    client.on("data", (data) => {
      if (pair.isSilent) return;
      const how = stop && data.includes(stop.words) ? stop.how : undefined;
      if (how !== "under way") database.write(data);
      if (!how) return;
      stop = undefined;
      tell();
      isCut = how === "cut";
      pair.isSilent = !isCut;
      if (how !== "under way") return;
      deliver = () => void database.write(data);
      client.resetAndDestroy();
    });
    database.on("data", (data) => {
      if (isCut) client.resetAndDestroy();
      else if (!pair.isSilent) client.write(data);
    });
    for (const socket of pair.sockets) {
      const hangUp = () => {
        if (!pair.isSilent) for (const one of pair.sockets) one.destroy();
      };
      socket.on("error", () => socket.destroy());
      socket.on("end", hangUp);
      socket.on("close", hangUp);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(typeof address === "object" && address ? address.port : 0);

  return {
    url: url.href,
    silence() {
      isSilent = true;
      for (const pair of pairs) pair.isSilent = true;
    },
    restore() {
      isSilent = false;
    },
    stopAt(words, how) {
      stop = { words, how };
    },
    whenStopped: () => new Promise((resolve) => (tell = resolve)),
    deliver: () => deliver(),
    async close() {
      server.close();
      for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
