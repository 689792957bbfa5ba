import type { Caller } from "../core/access/caller.ts";
import type { OpenAccess, OpenAccesses } from "../core/access/open-accesses.ts";
import type { PageOrigin } from "../core/access/origins.ts";
import type { AppError } from "../core/errors.ts";

/** The place among open connections that one answer holds, where it is streamed. */
export interface StreamPlace {
  /** Holds it, however often it is called. @throws AppError TOO_MANY_CONNECTIONS */
  hold(): Promise<OpenAccess>;
  /** Aborts when its caller may no longer read. */
  readonly signal: AbortSignal;
  /** Why it has. */
  readonly reason: AppError | undefined;
  /** Gives it back, if it was held. */
  close(): void;
}

export function createStreamPlace(
  accesses: OpenAccesses,
  caller: Caller,
  page: PageOrigin,
): StreamPlace {
  const ending = new AbortController();
  let access: Promise<OpenAccess> | undefined;
  let reason: AppError | undefined;

  function end(why: AppError): void {
    reason ??= why;
    ending.abort();
  }

  return {
    hold() {
      access ??= accesses.open(caller, page, end);
      return access;
    },
    signal: ending.signal,
    get reason() {
      return reason;
    },
    close() {
      void access?.then(
        (held) => held.close(),
        // Whoever wanted to hold it was told, and nothing is held.
        () => undefined,
      );
    },
  };
}
