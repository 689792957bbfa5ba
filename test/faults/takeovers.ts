import { leaseMs } from "./fault.ts";
import type { OpenTurn, StoredTurns } from "./stored-turns.ts";
import type { TurnWatch } from "./turn-watch.ts";

/** What became of a turn whose server was killed. */
export interface Takeover {
  readonly messageId: string;
  readonly server: number;
  /** From the end of the dead server's lease to the next attempt, or to the end of the turn. */
  readonly ms: number;
  /** No other fault could have kept the others from noticing, so the deadline holds. */
  readonly isCalm: boolean;
  /** False: it had not happened when the deadline had passed. */
  readonly hasHappened: boolean;
}

/** Measures how soon the turns of killed servers are taken over. */
export interface TakeoverWatch {
  /** To be called when the server is dead. */
  noteDeath(server: number): Promise<void>;
  readonly takeovers: readonly Takeover[];
  /** Resolves when nothing is waited for any more. */
  settle(): Promise<void>;
}

/** A process whose lease was not renewed for so long is taken for the dead one; it is renewed four times in a lease. */
const noticeMs = leaseMs * 0.6;

interface Case {
  readonly turn: OpenTurn;
  readonly server: number;
  readonly killedAt: number;
  /** Of its owner. */
  readonly leaseEnd: number;
  readonly settled: PromiseWithResolvers<void>;
  happenedAt: number | undefined;
  isOwnerDead: boolean;
}

export interface TakeoverDeps {
  readonly stored: Pick<StoredTurns, "listOpen" | "listLeases">;
  readonly watch: Pick<TurnWatch, "onLook">;
  /** The longest time after the end of the lease. */
  readonly allowedMs: number;
  /** Whether a server other than this has been up, and the database undisturbed, from then until now. */
  readonly isCalmSince: (time: number, server: number) => boolean;
}

export function watchTakeovers(deps: TakeoverDeps): TakeoverWatch {
  const { stored, watch, allowedMs, isCalmSince } = deps;
  const cases = new Set<Case>();
  const takeovers: Takeover[] = [];

  function close(one: Case): void {
    cases.delete(one);
    one.settled.resolve();
  }

  /** @param leases when they end, in milliseconds since the epoch. */
  function look(
    one: Case,
    open: ReadonlyMap<string, OpenTurn>,
    leases: ReadonlyMap<string, number>,
    at: number,
  ): void {
    const { turn, killedAt, leaseEnd, server } = one;
    const now = open.get(turn.id);
    if (!now || now.attempt > turn.attempt) one.happenedAt ??= at;
    const lease = leases.get(turn.owner ?? "");
    // Another one's: it was only under way at the same time.
    if (lease !== undefined && lease > leaseEnd) return close(one);
    if (lease === undefined || at > killedAt + noticeMs) one.isOwnerDead = true;
    const isLate = at > leaseEnd + allowedMs;
    if (!one.isOwnerDead || (one.happenedAt === undefined && !isLate)) return;
    takeovers.push({
      messageId: turn.id,
      server,
      ms: Math.round(Math.max(0, (one.happenedAt ?? at) - leaseEnd)),
      isCalm: isCalmSince(killedAt - leaseMs - noticeMs, server),
      hasHappened: one.happenedAt !== undefined,
    });
    close(one);
  }

  watch.onLook(async (turns, at) => {
    if (cases.size === 0) return;
    const leases = await stored.listLeases();
    const open = new Map(turns.map((turn) => [turn.id, turn]));
    for (const one of cases) if (one.killedAt < at) look(one, open, leases, at);
  });

  return {
    async noteDeath(server) {
      const killedAt = Date.now();
      const leases = await stored.listLeases();
      for (const turn of await stored.listOpen()) {
        const leaseEnd = leases.get(turn.owner ?? "");
        if (leaseEnd === undefined) continue;
        const base = { turn, server, killedAt, leaseEnd, settled: Promise.withResolvers<void>() };
        cases.add({ ...base, happenedAt: undefined, isOwnerDead: false });
      }
    },
    takeovers,
    async settle() {
      await Promise.all([...cases].map(({ settled }) => settled.promise));
    },
  };
}
