import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/ports.ts";
import { reconnectFrame } from "../core/restart.ts";
import type { TenantSignals } from "../core/tenant-signals.ts";
import type { Tenant } from "../core/tenant.ts";
import type { AdmitDeps } from "./admit.ts";
import type { Services } from "./context.ts";

export interface GraphqlDeps extends Omit<AdmitDeps, "clock">, Services {
  readonly logger: Logger;
  /** Aborts when the server begins to go down: what never ends by itself ends at its next pause. */
  readonly draining: AbortSignal;
  /** Aborts when the server goes down: streams end, and clients come back. */
  readonly stopping: AbortSignal;
  /** Abort when a tenant is no longer served: its streams end. */
  readonly tenantSignals: TenantSignals;
  readonly onConnect: () => void;
  readonly onDisconnect: () => void;
}

/** What the server knows of a request, and is told of it. */
export interface GraphqlRequestInfo {
  /** The address of the peer. */
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
  /** The tenants that have connections. */
  tenantIds(): string[];
  /** Ends the connections of a tenant that is no longer served. */
  closeTenant(tenantId: string): void;
  /**
   * From here on no socket is let in. Each is closed with a code that tells its client to come back: at once
   * where no operation is under way, else when the last one has ended or, following a chat, pauses.
   */
  drain(): void;
  /** Tells all clients that are left to come back, and waits until they are gone, at most a second. */
  close(): Promise<void>;
}

export type DoorDeps = GraphqlDeps & AdmitDeps;

/** Why a tenant's streams end before their readers leave. */
export function findClosure(
  { stopping }: Pick<GraphqlDeps, "stopping">,
  tenantSignal: AbortSignal,
): AppError | undefined {
  if (tenantSignal.aborted) return new AppError("TENANT_NOT_FOUND", "Tenant not found");
  return stopping.aborted ? restartError() : undefined;
}

export function restartError(): AppError {
  const text = "The server restarts: come back with `after`";
  return new AppError("SERVICE_UNAVAILABLE", text, { retryAfter: reconnectFrame.data.retry_after });
}
