import type { Caller } from "../core/access/caller.ts";
import type { GateDeps } from "../core/access/gate.ts";
import type { PageOrigin } from "../core/access/origins.ts";
import type { WebAccess } from "../core/admin/web-source-admin.ts";
import type { AdminDeps } from "../core/admin/admin-deps.ts";
import type { AppError } from "../core/errors.ts";
import type { DocumentStore } from "../core/documents/document-store.ts";
import type { IngestionAccess } from "../core/documents/ingestion-access.ts";
import type { UnansweredStore } from "../core/answering/unanswered.ts";
import type { UsageStore } from "../core/ports.ts";
import type { FollowAccess } from "../core/turns/follow-chat.ts";
import type { ReaderDeps } from "../core/turns/read-turn.ts";
import type { StartDeps } from "../core/turns/start-turn.ts";
import type { Loaders } from "./loaders.ts";
import type { Visitor } from "./visitor.ts";

/** What the resolvers work with. */
export interface Services {
  readonly gate: GateDeps;
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
  readonly documents: DocumentStore;
  readonly ingestion: IngestionAccess;
  readonly usage: UsageStore;
  readonly unanswered: UnansweredStore;
  readonly web: WebAccess;
  /** Aborts when the server goes down: what waits ends. */
  readonly stopping: AbortSignal;
  readonly admin: AdminDeps;
}

/** What the resolvers of one operation know. */
export interface GraphqlContext {
  readonly services: Services;
  readonly caller: Caller;
  /** That was shown where a token may be of any kind: what is refreshed. */
  readonly token: string | undefined;
  /** That the request or the connection comes from. */
  readonly page: PageOrigin;
  readonly visitor: Visitor;
  /** For the log. */
  readonly requestId: string;
  /** What was loaded for this operation; of a subscription, for its present event. */
  readonly loaded: { loaders: Loaders };
  /** To be asked when a stream is opened. @throws AppError TOO_MANY_CONNECTIONS */
  readonly openLifetime: () => Promise<Lifetime>;
}

/** How long a stream of results may go on. */
export interface Lifetime {
  /** Whose stream it is, as they are now. */
  readonly access: FollowAccess;
  /** Aborts when nobody reads the results any more. */
  readonly signal: AbortSignal;
  /** Why it ends before its reader leaves: the server goes down, or its reader may no longer read. */
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
