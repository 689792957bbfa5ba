import WebSocket from "ws";
import { departAt, departFor, type Departure, type Visit } from "./visit.ts";

/** What a door does with its socket. */
export interface SocketTalk {
  readonly ws: WebSocket;
  send(message: object): void;
  /** Ends the visit. */
  depart(departure: Departure): void;
}

export interface SocketOptions {
  readonly url: string;
  readonly protocol?: string;
  readonly onOpen?: (talk: SocketTalk) => void;
  readonly onMessage: (text: string, talk: SocketTalk) => void;
  /** Close codes that say: come back. */
  readonly announcing: readonly number[];
}

/** A client says `ping` so often, … */
const pingMs = 1000;
/** … and takes a connection for dead on which nothing has come for so long. */
const patienceMs = 5000;
const handshakeMs = 5000;

/** The half that raw WebSocket and graphql-ws have in common: the line and its liveness. */
export function visitBySocket(visit: Visit, options: SocketOptions): Promise<Departure> {
  return new Promise((resolve) => {
    const ws = new WebSocket(options.url, options.protocol ? [options.protocol] : [], {
      handshakeTimeout: handshakeMs,
      perMessageDeflate: false,
    });
    let lastByte = Date.now();
    let isPaused = false;
    let departure: Departure | undefined;

    const talk: SocketTalk = {
      ws,
      send(message) {
        if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(message));
      },
      depart(chosen) {
        departure ??= chosen;
        ws.terminate();
      },
    };
    const beat = setInterval(() => {
      if (isPaused) return;
      if (Date.now() - lastByte > patienceMs) talk.depart({ type: "dropped", why: "silence" });
      else talk.send({ type: "ping" });
    }, pingMs);
    const leave = () => talk.depart({ type: "over" });

    ws.on("open", () => {
      lastByte = Date.now();
      visit.onOpen({
        pause() {
          isPaused = true;
          ws.pause();
        },
        resume() {
          isPaused = false;
          lastByte = Date.now();
          ws.resume();
        },
      });
      options.onOpen?.(talk);
    });
    ws.on("message", (data: Buffer) => {
      lastByte = Date.now();
      if (!departure) options.onMessage(data.toString(), talk);
    });
    ws.on("unexpected-response", (_request, response) => {
      const code = response.statusCode ?? 0;
      const mayPass = code === 503 || code === 429;
      talk.depart(departFor(mayPass ? "SERVICE_UNAVAILABLE" : "REFUSED", `status ${code}`));
    });
    // A close follows each error.
    let error: Error | undefined;
    ws.on("error", (cause) => (error = cause));
    ws.on("close", (code) => {
      clearInterval(beat);
      visit.leave.removeEventListener("abort", leave);
      const byCode = departAt(code, options.announcing, visit.isDone());
      const why = error ? `${error.message}` : "";
      resolve(
        departure ??
          (byCode.type === "dropped" ? { ...byCode, why: `${byCode.why} ${why}` } : byCode),
      );
    });
    visit.leave.addEventListener("abort", leave);
    if (visit.leave.aborted) leave();
  });
}
