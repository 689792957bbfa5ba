import type { OpenAccess } from "../core/access/open-accesses.ts";
import type { AppError } from "../core/errors.ts";
import type { RestDeps } from "./deps.ts";
import type { HttpContext } from "./env.ts";
import { readPage } from "./credentials.ts";

/** The place that a stream holds for as long as it is open. */
export interface StreamAccess extends Pick<OpenAccess, "caller" | "look" | "close"> {
  /** Aborts when its caller may no longer read. */
  readonly signal: AbortSignal;
  /** Why it has. */
  readonly reason: AppError | undefined;
}

/** Before the first byte, so that a stream too many is refused like any request. @throws AppError TOO_MANY_CONNECTIONS */
export async function openStreamAccess(
  c: HttpContext,
  { accesses }: Pick<RestDeps, "accesses">,
): Promise<StreamAccess> {
  const ending = new AbortController();
  let reason: AppError | undefined;
  const access = await accesses.open(c.var.caller, readPage(c), (why) => {
    reason ??= why;
    ending.abort();
  });
  return {
    get caller() {
      return access.caller;
    },
    look: access.look,
    signal: ending.signal,
    get reason() {
      return reason;
    },
    close: access.close,
  };
}
