import type { Context, MiddlewareHandler } from "hono";
import type { Caller } from "../core/caller.ts";
import type { Tenant } from "../core/tenant.ts";

/** What the server knows of a request besides the request itself. */
export interface RequestInfo {
  /** The address of the peer. */
  readonly address: string;
  /** Breaks the connection off, for a reader who takes nothing of a stream. */
  readonly cut?: (() => void) | undefined;
}

/** What the steps around a handler leave for it and for each other. */
export interface HttpEnv {
  Bindings: RequestInfo;
  Variables: {
    requestId: string;
    /** Once it has been found and admitted. */
    tenant: Tenant | undefined;
    caller: Caller;
    /** The origin that may read the answer. */
    corsOrigin: string | undefined;
    /** Of a streamed answer: resolves when its stream has ended and everything is released. */
    streamEnd: Promise<void> | undefined;
  };
}

export type HttpContext = Context<HttpEnv>;
export type HttpStep = MiddlewareHandler<HttpEnv>;
