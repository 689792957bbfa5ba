import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { OpenAccess, OpenAccesses } from "../core/access/open-accesses.ts";
import { AppError, toAppError } from "../core/errors.ts";
import { endConnection, terminateSoon } from "../core/watched-connection.ts";
import { createSocket } from "./connection.ts";
import { subprotocol } from "./credentials.ts";
import { openHandshake, type Handshake } from "./handshake.ts";
import { createIdentity } from "./identity.ts";
import { listPaths } from "./paths.ts";
import { maxPayloadBytes } from "./protocol.ts";
import { restarting, toLastWords, writeRefusal } from "./refusal.ts";
import { createSession, type Session, type SessionDeps } from "./session.ts";

export interface WsDoorDeps extends SessionDeps {
  readonly accesses: OpenAccesses;
  /** The address that a handshake came from. */
  readonly addressOf: (request: IncomingMessage) => string;
  readonly onConnect: () => void;
  readonly onDisconnect: () => void;
}

export interface WsDoor {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * From here on nobody is let in. Who is connected is told to come back: at once where nothing is read, else
   * when the last turn that is read has ended.
   */
  drain(): void;
  /** Tells all clients that are left to come back, and waits until they are gone, at most a second. */
  close(): Promise<void>;
}

/** The paths of the door, with and without their last slash. @param prefix API_V1_STR */
export function wsPaths(prefix: string): ReadonlySet<string> {
  return new Set(listPaths(prefix).flatMap((path) => [path, `${path}/`]));
}

const maxWaitingFrames = 32;

/** What a connection's access has to do with its session, which begins a little later than it. */
interface Line {
  session?: Session;
  /** Why it ended before that. */
  ended?: AppError;
}

/** The raw WebSocket door on the ws library. */
export function createWsDoor(deps: WsDoorDeps): WsDoor {
  const { clock } = deps.reader;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxPayloadBytes,
    perMessageDeflate: false,
    // The library's own choice would be the first that is offered, which may hold a token.
    handleProtocols: (offered) => offered.has(subprotocol) && subprotocol,
  });
  // In place of the library's own answer, which is HTML without headers.
  server.on("wsClientError", ({ message }, socket) =>
    writeRefusal(new AppError("INVALID_REQUEST", message), socket),
  );
  const sessions = new Set<Session>();
  let isDraining = false;

  function accept(ws: WebSocket, handshake: Handshake, access: OpenAccess): Session {
    const identity = createIdentity(deps.gate, handshake, access);
    const session = createSession(deps, identity, createSocket(ws, clock));
    sessions.add(session);
    deps.onConnect();
    ws.on("close", () => {
      session.close();
      sessions.delete(session);
      deps.onDisconnect();
    });
    receiveFrames(ws, session);
    return session;
  }

  async function open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (isDraining) throw restarting;
    const handshake = await openHandshake(deps.gate, request, deps.addressOf(request));
    const line: Line = {};
    const access = await deps.accesses.open(
      handshake.caller,
      handshake.page,
      (reason) => {
        line.ended = reason;
        line.session?.end(reason);
      },
      {
        awaitsProof: handshake.awaitsProof,
        onExpiring: (expiresAt) => line.session?.warn(expiresAt),
      },
    );
    try {
      if (isDraining) throw restarting;
      if (line.ended) throw line.ended;
      server.handleUpgrade(request, socket, head, (ws) => {
        watch(ws);
        line.session = accept(ws, handshake, access);
      });
    } finally {
      // A client that has left meanwhile, or whose handshake is none, is not upgraded.
      if (!line.session) access.close();
    }
  }

  /**
   * Listens for as long as a socket does: an error without a listener would end the process. One for all, since one
   * of its own would keep the handshake's request with it.
   */
  function reportBroken(error: Error): void {
    deps.logger.debug({ err: error }, "A handshake's connection broke");
  }

  function watch(ws: WebSocket): void {
    ws.on("error", (error) => {
      deps.logger.debug({ err: error }, "A connection broke the protocol");
      terminateSoon(ws, clock);
    });
  }

  /** A browser can't read a refused handshake's status, so it gets a frame and a close code. */
  function refuse(error: AppError, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.headers.origin === undefined) return writeRefusal(error, socket);
    server.handleUpgrade(request, socket, head, (ws) => {
      watch(ws);
      const { frame, code, reason } = toLastWords(error);
      ws.send(JSON.stringify(frame));
      endConnection(ws, clock, code, reason);
    });
  }

  return {
    upgrade(request, socket, head) {
      socket.on("error", reportBroken);
      open(request, socket, head).catch((cause: unknown) => {
        const error = toAppError(cause);
        if (error.status >= 500 && error !== restarting)
          deps.logger.error({ err: cause }, "A handshake failed");
        refuse(error, request, socket, head);
      });
    },
    drain() {
      isDraining = true;
      for (const session of sessions) session.drain();
    },
    async close() {
      isDraining = true;
      const gone = [...server.clients].map(
        (ws) => new Promise((resolve) => ws.once("close", resolve)),
      );
      for (const session of sessions) session.leave();
      await new Promise<void>((resolve) => {
        const cancelTimer = clock.after(1000, resolve);
        void Promise.all(gone).then(() => {
          cancelTimer();
          resolve();
        });
      });
      for (const ws of server.clients) ws.terminate();
      server.close();
    },
  };
}

/** Hands the frames to the session; a client that sends faster than they are answered is held back. */
function receiveFrames(ws: WebSocket, session: Session): void {
  let waiting = 0;
  ws.on("message", (data, isBinary) => {
    waiting += 1;
    if (waiting >= maxWaitingFrames) ws.pause();
    void session
      .receive(isBinary || !Buffer.isBuffer(data) ? undefined : data.toString())
      .finally(() => {
        waiting -= 1;
        if (ws.isPaused) ws.resume();
      });
  });
}
