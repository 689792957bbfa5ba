import { AppError, toAppError } from "../errors.ts";
import type { HeldPlace } from "../limits/limiter.ts";
import { shareLimit } from "../limits/shares.ts";
import type { Logger } from "../ports.ts";
import { createAccessIndex, type AccessChange } from "./access-index.ts";
import { consumerOf } from "./admit.ts";
import type { Caller } from "./caller.ts";
import { lookAtCaller, renewCaller, tokenExpired, type GateDeps } from "./gate.ts";
import { createLookQueue } from "./look-queue.ts";
import type { PageOrigin } from "./origins.ts";

/** What stays open beyond a request: a WebSocket or an event stream. */
export interface OpenAccess {
  /** As they were when last looked at: settings, roles and proofs change while it is open. */
  readonly caller: Caller;
  /**
   * Looks at the caller anew, for one more frame of theirs.
   * @throws AppError the reason with which `end` was called; or that nobody can tell at the moment
   */
  look(): Promise<Caller>;
  /**
   * Takes the caller's fresh proof; its expiry counts from now on, and its person's share of the connections.
   * @throws AppError TOO_MANY_CONNECTIONS: then all stays as it was
   */
  renew(caller: Caller): Promise<void>;
  /** Gives its places back. Once, however often it is called. */
  close(): void;
}

export interface OpenOptions {
  /**
   * The caller is still to show what the tenant asks for, and is then renewed. Until then a tenant that is gone and
   * a page that isn't allowed end the access, and the missing proof doesn't.
   */
  readonly awaitsProof?: boolean;
  /**
   * Told 30 s before the credentials expire, or at once where less is left.
   * @param expiresAt milliseconds since the epoch
   */
  readonly onExpiring?: (expiresAt: number) => void;
}

export interface OpenAccesses {
  /**
   * Counts one more connection against the tenant and the caller's shares, over all processes. When the caller's
   * credentials expire or are no longer good, the access is closed and `end` is called, once; that may be before this
   * resolves.
   * @throws AppError TOO_MANY_CONNECTIONS
   */
  open(
    caller: Caller,
    page: PageOrigin,
    end: (reason: AppError) => void,
    options?: OpenOptions,
  ): Promise<OpenAccess>;
  /** Looks anew at whom the change concerns. */
  change(what: AccessChange): void;
}

export type OpenAccessDeps = GateDeps & { readonly logger: Logger };

/** How long before their end credentials are said to expire. */
export const warnMs = 30_000;

interface Entry {
  caller: Caller;
  readonly page: PageOrigin;
  readonly end: (reason: AppError) => void;
  readonly onExpiring: (expiresAt: number) => void;
  awaitsProof: boolean;
  /** Grows with each fresh proof. */
  proof: number;
  /** How many looks have begun, and which of them was the last to be believed. */
  looks: number;
  seen: number;
  readonly places: Set<string>;
  readonly held: HeldPlace[];
  isWarned: boolean;
  cancelExpiry: () => void;
}

/** All that is open in this process, whichever door it came through. */
export function createOpenAccesses(deps: OpenAccessDeps): OpenAccesses {
  const { clock } = deps;
  const entries = createAccessIndex<Entry>();
  /** Looks that nobody waits for. */
  const looks = createLookQueue<Entry>({
    clock,
    look: lookForFault,
    isWanted: entries.has,
    onStall: ({ caller }, error) =>
      deps.logger.warn(
        { err: error, tenant_id: caller.tenant.id },
        "Whether open connections are still good can't be told yet",
      ),
  });

  function setCaller(entry: Entry, caller: Caller): void {
    entry.caller = caller;
    entries.put(entry, caller);
  }

  function watchExpiry(entry: Entry): void {
    entry.cancelExpiry();
    const { expiresAt } = entry.caller;
    if (expiresAt === undefined) return;
    const due = entry.isWarned ? expiresAt : expiresAt - warnMs;
    entry.cancelExpiry = clock.after(Math.max(0, due - clock.now()), () => comeDue(entry));
  }

  /** A timer may be shorter than it was asked to be. */
  function comeDue(entry: Entry): void {
    const { expiresAt = Infinity } = entry.caller;
    const left = expiresAt - clock.now();
    if (left <= 0) return shut(entry, tokenExpired());
    if (left <= warnMs && !entry.isWarned) {
      entry.isWarned = true;
      entry.onExpiring(expiresAt);
    }
    if (entries.has(entry)) watchExpiry(entry);
  }

  function close(entry: Entry): void {
    if (!entries.delete(entry)) return;
    entry.cancelExpiry();
    looks.delete(entry);
    for (const place of entry.held) place.release();
  }

  function shut(entry: Entry, reason: AppError): void {
    if (!entries.has(entry)) return;
    close(entry);
    entry.end(reason);
  }

  /**
   * Holds the places of a caller that the entry hasn't yet. Those of an earlier caller stay: a visitor who signs in
   * is still the same person.
   */
  async function holdPlaces(entry: Entry, caller: Caller): Promise<void> {
    const { limits } = caller.tenant.settings;
    const consumer = consumerOf(caller);
    const all = shareLimit("connections", limits.concurrentConnections, consumer, limits);
    const places = all.filter(({ key }) => !entry.places.has(key));
    if (places.length === 0) return;
    const held = await deps.connections.hold(places);
    if ("full" in held) throw tooMany(held.full === all[0]?.key);
    for (const { key } of places) entry.places.add(key);
    entry.held.push(held);
  }

  /** A look that found a fault counts whenever it began, unless a fresh proof has come; a good one only as the newest. */
  async function look(entry: Entry): Promise<Caller> {
    const { proof, caller } = entry;
    const begun = (entry.looks += 1);
    try {
      const renewed = await (entry.awaitsProof ? lookAtCaller : renewCaller)(
        deps,
        caller,
        entry.page,
      );
      if (entry.proof === proof && begun > entry.seen && entries.has(entry)) {
        entry.seen = begun;
        setCaller(entry, renewed);
        if (renewed.expiresAt !== caller.expiresAt) watchExpiry(entry);
      }
      return renewed;
    } catch (error) {
      const reason = toAppError(error);
      if (reason.status < 500 && entry.proof === proof) shut(entry, reason);
      throw error;
    }
  }

  /** Resolves when it could be told, whatever it was. */
  async function lookForFault(entry: Entry): Promise<void> {
    try {
      await look(entry);
    } catch (error) {
      if (toAppError(error).status >= 500) throw error;
    }
  }

  return {
    async open(caller, page, end, { awaitsProof = false, onExpiring = () => undefined } = {}) {
      const entry: Entry = {
        caller,
        page,
        end,
        onExpiring,
        awaitsProof,
        proof: 0,
        looks: 0,
        seen: 0,
        places: new Set(),
        held: [],
        isWarned: false,
        cancelExpiry: () => undefined,
      };
      await holdPlaces(entry, caller);
      entries.put(entry, caller);
      watchExpiry(entry);
      // What changed between the proof and here was announced to nobody.
      looks.add(entry);
      return {
        get caller() {
          return entry.caller;
        },
        look: () => look(entry),
        async renew(fresh) {
          await holdPlaces(entry, fresh);
          if (!entries.has(entry)) {
            for (const place of entry.held) place.release();
            return;
          }
          setCaller(entry, fresh);
          entry.proof += 1;
          entry.awaitsProof = false;
          entry.isWarned = false;
          watchExpiry(entry);
          looks.add(entry);
        },
        close: () => close(entry),
      };
    },
    change(what) {
      for (const entry of entries.concernedBy(what)) looks.add(entry);
    },
  };
}

function tooMany(isWhole: boolean): AppError {
  const text = isWhole
    ? "This tenant has no connection left"
    : "Too many connections are open from here already";
  return new AppError("TOO_MANY_CONNECTIONS", text, { retryAfter: 10 });
}
