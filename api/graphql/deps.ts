import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { OpenAccesses } from "../core/access/open-accesses.ts";
import { AppError } from "../core/errors.ts";
import type { Clock, Logger } from "../core/ports.ts";
import { reconnectFrame } from "../core/restart.ts";
import type { Tenant } from "../core/tenant.ts";
import type { AdmitDeps } from "./admit.ts";
import type { Services } from "./context.ts";
import type { StreamPlace } from "./stream-place.ts";

export interface GraphqlDeps extends AdmitDeps, Services {
  readonly logger: Logger;
  /** The address that a handshake comes from, behind trusted proxies too. */
  readonly addressOf: (incoming: IncomingMessage) => string;
  /** Aborts when the server begins to go down: what never ends by itself ends at its next pause. */
  readonly draining: AbortSignal;
  /** Aborts when the server goes down: streams end, and clients come back. */
  readonly stopping: AbortSignal;
  /** All that is open at any door: connections and streams hold places there, and end when they may not go on. */
  readonly accesses: OpenAccesses;
  readonly onConnect: () => void;
  readonly onDisconnect: () => void;
}

/** What the server knows of a request, and is told of it. */
export interface GraphqlRequestInfo {
  /** The address that the request came from. */
  readonly address: string;
  readonly requestId?: string | undefined;
  /** Breaks the connection off, for a reader who takes nothing of a stream. */
  readonly cut?: (() => void) | undefined;
  /** Told of the tenant once it was found, and of the page's origin if that may read the answer. */
  readonly onTenant?: ((tenant: Tenant, origin: string | undefined) => void) | undefined;
  /** Of a streamed answer: told what resolves when its stream has ended and everything is released. */
  readonly onStream?: ((ended: Promise<void>) => void) | undefined;
}

/** The GraphQL door: queries, mutations and subscriptions over HTTP and graphql-ws, on one path. */
export interface Graphql {
  fetch(request: Request, info: GraphqlRequestInfo): Promise<Response>;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * From here on no socket is let in. Each is closed with a code that tells its client to come back: at once
   * where no operation is under way, else when the last one has ended or, following a chat, pauses.
   */
  drain(): void;
  /** Tells all clients that are left to come back, and waits until they are gone, at most a second. */
  close(): Promise<void>;
}

export type DoorDeps = GraphqlDeps & { readonly clock: Clock };

/** Why streams end before their readers leave. */
export function findClosure(
  { stopping }: Pick<GraphqlDeps, "stopping">,
  { reason }: Pick<StreamPlace, "reason">,
): AppError | undefined {
  return reason ?? (stopping.aborted ? restartError() : undefined);
}

export function restartError(): AppError {
  const text = "The server restarts: come back with `after`";
  return new AppError("SERVICE_UNAVAILABLE", text, { retryAfter: reconnectFrame.data.retry_after });
}
