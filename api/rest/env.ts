import type { Context, MiddlewareHandler } from "hono";
import type { Caller } from "../core/access/caller.ts";
import type { OwnOrigin } from "../core/access/origins.ts";
import type { Administrator } from "../core/admin/administrator.ts";
import type { Tenant } from "../core/tenant.ts";

/** What the server knows of a request besides the request itself. */
export interface RequestInfo {
  /** The address that the request came from. */
  readonly address: string;
  /** Breaks the connection off, for a reader who takes nothing of a stream. */
  readonly cut?: (() => void) | undefined;
}

/** What the steps around a handler leave for it and for each other. */
export interface HttpEnv {
  Bindings: RequestInfo;
  Variables: {
    requestId: string;
    ownOrigin: OwnOrigin;
    /** Once it has been found and admitted. */
    tenant: Tenant | undefined;
    caller: Caller;
    /** Below /admin; there is no tenant and no caller where the platform's admin works on tenants as such. */
    administrator: Administrator;
    /** The origin that may read the answer. */
    corsOrigin: string | undefined;
    /** Of an upload whose body is the document itself. */
    uploaded: Uint8Array | undefined;
    /** Of a streamed answer: resolves when its stream has ended and everything is released. */
    streamEnd: Promise<void> | undefined;
  };
}

export type HttpContext = Context<HttpEnv>;
export type HttpStep = MiddlewareHandler<HttpEnv>;
