import type { Asker, Credential } from "../credential.ts";
import type { Door, DoorName } from "../doors/door.ts";
import type { Marks } from "../marks.ts";
import type { LedgerOptions } from "../scene/ledger.ts";
import type { Preparer } from "../scene/preparer.ts";
import type { Supply } from "../scene/supply.ts";
import type { Operation } from "../surface/operation.ts";
import type { Tally } from "../tally.ts";
import type { Extent, Sides } from "./outsiders.ts";
import type { Texts } from "./values.ts";
import type { Variant } from "./variants.ts";

/** All that a trial works with. */
export interface Stage {
  readonly sides: Sides;
  readonly preparer: Preparer;
  readonly supply: Supply;
  readonly ledger: LedgerOptions;
  readonly marks: Marks;
  readonly tally: Tally;
  readonly doors: Readonly<Record<DoorName, Door>>;
  readonly extent: Extent;
  /** A number that no other trial has: whose turn it is of what is tried in turns. */
  readonly newTurn: () => number;
  /** The plain ways to fill an operation alone. */
  readonly isQuick: boolean;
  /** Texts that no other trial says. */
  readonly newTexts: () => Texts;
}

/** One way to fill an operation, at one door. */
export interface Trial {
  readonly operation: Operation;
  readonly variant: Variant;
  readonly door: Door;
}

/** The doors at which an operation can be asked for. */
export function doorsOf({ doors }: Stage, operation: Operation): readonly Door[] {
  switch (operation.door) {
    case "rest":
      return [doors.REST];
    case "ws":
      return [doors.WebSocket];
    case "graphql": {
      const overHttp = operation.kind === "stream" ? doors["GraphQL SSE"] : doors.GraphQL;
      return [overHttp, doors["GraphQL WebSocket"]];
    }
  }
}

/** An owner who asks at a door, in the first way that it has. */
export function askerOf(door: Door, credential: Credential, tenantId: string | undefined): Asker {
  const placement =
    credential.kind === "platform" && door.name.endsWith("WebSocket")
      ? ("token" as const)
      : (door.placementsOf(credential)[0] ?? "nowhere");
  return { credential, tenantId, placement, origin: undefined };
}

/** What an attacker has of its own; nothing for who has nothing. */
export function ownThings({ victim, attacker }: Sides, { credential }: Asker) {
  for (const { chats, othersChats, people } of [attacker, victim]) {
    const own = [...Object.values(chats), ...Object.values(othersChats)].find(
      (chat) => chat.owner.name === credential.name,
    );
    if (own) return own.things;
    if (credential.name === people.admin.name) return chats["nobody's chat"].things;
  }
  return {};
}
