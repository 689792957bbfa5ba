import { countCaller } from "../core/access/admit.ts";
import type { Caller } from "../core/access/caller.ts";
import type { GateDeps } from "../core/access/gate.ts";
import { AppError, toAppError } from "../core/errors.ts";
import type { Logger } from "../core/ports.ts";
import { reconnectFrame, restartText } from "../core/restart.ts";
import type { ReaderDeps } from "../core/turns/read-turn.ts";
import type { StartDeps } from "../core/turns/start-turn.ts";
import type { Socket } from "./connection.ts";
import { confirm, greet } from "./greeting.ts";
import type { Identity } from "./identity.ts";
import {
  closeCodes,
  errorFrame,
  originOf,
  parseClientFrame,
  type AuthData,
  type ClientFrame,
  type ServerFrame,
} from "./protocol.ts";
import { createReadings } from "./readings.ts";
import { createRequests } from "./requests.ts";
import { createSubscriptions } from "./subscriptions.ts";

export interface SessionDeps {
  readonly gate: GateDeps;
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
  readonly logger: Logger;
}

export interface Session {
  /** Handles one frame, undefined for a binary one; never throws: what goes wrong is answered with a frame. */
  receive(data: string | undefined): Promise<void>;
  /** Says that the credentials expire soon. @param expiresAt milliseconds since the epoch */
  warn(expiresAt: number): void;
  /** Says why the connection can't go on, and closes it. */
  end(reason: AppError): void;
  /** Tells the client to come back once its frames are answered and the turns that it reads are read. */
  drain(): void;
  /** Tells it at once. */
  leave(): void;
  /** Stops all reading, and gives the connection's places back; the turns go on. */
  close(): void;
}

/** How long a client has for its `auth` frame, in ms. */
export const authWaitMs = 5000;

/**
 * One connection of a caller: frames in, frames out. Greets at once who needs to show nothing more. Knows neither
 * HTTP nor the ws library.
 */
export function createSession(deps: SessionDeps, identity: Identity, socket: Socket): Session {
  const { clock } = deps.reader;
  let isClosed = false;
  let isDraining = false;
  /** Frames of the client that are not answered yet. */
  let unanswered = 0;

  const send = (frame: ServerFrame) => socket.send(JSON.stringify(frame));
  const readings = createReadings(
    deps.reader,
    socket,
    (error, { chatId, messageId }) => answer(error, { message_id: messageId, chat_id: chatId }),
    leaveIfDone,
  );
  const subscriptions = createSubscriptions(deps.reader, socket, {
    isRead: readings.reads,
    onError: (error, chatId) => answer(error, { chat_id: chatId }),
    onEnd: leaveIfDone,
  });
  const handle = createRequests(deps, identity, { readings, subscriptions }, send);
  let cancelWait = (): void => undefined;
  if (identity.proven) send(greet(identity, identity.proven, clock.now()));
  else cancelWait = clock.after(authWaitMs, () => end(proofMissing()));

  function answer(cause: unknown, origin: Parameters<typeof errorFrame>[1]): void {
    const error = toAppError(cause, "PROCESSING_ERROR");
    report(cause, error);
    if (!isClosed) send(errorFrame(error, origin));
  }

  function report(cause: unknown, { status }: AppError): void {
    if (status < 500) return;
    const { clientId: client_id, tenantId: tenant_id } = identity;
    deps.logger.error({ err: cause, tenant_id, client_id }, "A frame failed");
  }

  /** Counts a frame, whatever it holds; that of a stranger not against the tenant. @throws AppError what its sender is refused for */
  async function admit(): Promise<Caller> {
    const caller = await identity.look();
    if (identity.proven) await countCaller(deps.gate, caller);
    else await deps.gate.strangers.countRefusal(caller.address);
    return caller;
  }

  /** The first proof completes the handshake, so a wrong one ends the connection as it would have been refused. */
  async function authenticate(data: AuthData): Promise<void> {
    const isFirst = !identity.proven;
    const { token, api_key, visitor_token, ticket } = data;
    try {
      const proven = await identity.prove({
        token: token ?? undefined,
        apiKey: api_key ?? undefined,
        visitorToken: visitor_token ?? undefined,
        ticket: ticket ?? undefined,
      });
      cancelWait();
      if (!isClosed) send(isFirst ? greet(identity, proven, clock.now()) : confirm(proven));
    } catch (cause) {
      if (!isFirst) throw cause;
      const error = toAppError(cause);
      report(cause, error);
      end(error);
    }
  }

  async function receive(data: string | undefined): Promise<void> {
    if (isClosed) return;
    const parsed = tryParse(data);
    try {
      if ("error" in parsed) {
        await admit();
        throw parsed.error;
      }
      const { frame } = parsed;
      if (frame.type === "ping") return send(pong(clock.now()));
      if (frame.type === "auth") return await authenticate(frame.data);
      const caller = await admit();
      if (!identity.proven) throw proofMissing();
      await handle(frame, caller);
    } catch (error) {
      answer(error, "frame" in parsed ? originOf(parsed.frame) : {});
    }
  }

  function leaveIfDone(): void {
    const isReading = readings.size > 0 || subscriptions.size > 0;
    if (isDraining && unanswered === 0 && !isReading) leave();
  }

  function leave(): void {
    if (isClosed) return;
    close();
    send(reconnectFrame);
    socket.close(closeCodes.serviceRestart, restartText);
  }

  function end(reason: AppError): void {
    if (isClosed) return;
    close();
    send(errorFrame(reason));
    socket.end(reason.closeCode, reason.code);
  }

  function close(): void {
    isClosed = true;
    cancelWait();
    readings.close();
    subscriptions.close();
    identity.close();
  }

  let last = Promise.resolve();
  return {
    receive(data) {
      unanswered += 1;
      // One after another: a second message may mean the chat that the first one makes.
      last = last
        .then(() => receive(data))
        .finally(() => {
          unanswered -= 1;
          leaveIfDone();
        });
      return last;
    },
    warn(expiresAt) {
      if (isClosed) return;
      const expires_at = new Date(expiresAt).toISOString();
      send({ type: "token_expiring", data: { expires_at } });
    },
    end,
    drain() {
      isDraining = true;
      subscriptions.drain();
      leaveIfDone();
    },
    leave,
    close,
  };
}

function proofMissing(): AppError {
  const text = "This tenant asks for credentials: show them in an auth frame";
  return new AppError("TOKEN_REQUIRED", text);
}

function pong(now: number): ServerFrame {
  return { type: "pong", data: { timestamp: new Date(now).toISOString() } };
}

function tryParse(data: string | undefined): { frame: ClientFrame } | { error: unknown } {
  try {
    if (data === undefined) throw new AppError("INVALID_REQUEST", "Frames are text, not binary");
    return { frame: parseClientFrame(data) };
  } catch (error) {
    return { error };
  }
}
