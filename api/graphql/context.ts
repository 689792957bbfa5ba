import type { Caller } from "../core/caller.ts";
import { AppError } from "../core/errors.ts";
import type { DocumentStore } from "../core/documents/document-store.ts";
import type { UsageStore } from "../core/ports.ts";
import type { ReaderDeps } from "../core/turns/read-turn.ts";
import type { StartDeps } from "../core/turns/start-turn.ts";
import type { Loaders } from "./loaders.ts";
import type { Visitor } from "./visitor.ts";

/** What the resolvers work with. */
export interface Services {
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
  readonly documents: DocumentStore;
  readonly usage: UsageStore;
}

/** What the resolvers of one operation know. */
export interface GraphqlContext {
  readonly services: Services;
  readonly caller: Caller;
  readonly isAdmin: boolean;
  readonly visitor: Visitor;
  /** For the log. */
  readonly requestId: string;
  /** What was loaded for this operation; of a subscription, for its present event. */
  readonly loaded: { loaders: Loaders };
  /** To be asked when a stream is opened. */
  readonly openLifetime: () => Lifetime;
}

/** How long a stream of results may go on. */
export interface Lifetime {
  /** Aborts when nobody reads the results any more. */
  readonly signal: AbortSignal;
  /** Why it ends before its reader leaves: the server or the tenant is gone. */
  readonly findClosure: () => AppError | undefined;
  /** Aborts when what never ends by itself is to end at its next pause. */
  readonly draining: AbortSignal;
  /**
   * For what has paused while the server drains. Ends when the reader's connection has been closed, or
   * `left` aborts.
   * @throws AppError SERVICE_UNAVAILABLE where an error is what tells the reader to come back
   */
  readonly pause: (left: AbortSignal) => Promise<void>;
}

/** @throws AppError ADMIN_REQUIRED */
export function requireAdmin({ isAdmin }: GraphqlContext): void {
  if (!isAdmin) throw new AppError("ADMIN_REQUIRED", "Only an admin can do this: X-Admin-Token");
}
