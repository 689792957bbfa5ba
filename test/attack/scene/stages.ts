import { createGraphqlHttpDoor } from "../doors/graphql-http-door.ts";
import { createGraphqlWsDoor } from "../doors/graphql-ws-door.ts";
import { createRawDoor } from "../doors/raw-door.ts";
import { createRestDoor } from "../doors/rest-door.ts";
import { createTicketDesk } from "../doors/tickets.ts";
import type { Marks } from "../marks.ts";
import type { Thoroughness } from "../options.ts";
import type { Tally } from "../tally.ts";
import type { Stage } from "../trial/stage.ts";
import type { Preparer } from "./preparer.ts";
import { createSupply } from "./supply.ts";
import type { ChatAccess, Tenant } from "./tenant.ts";

/** What the trials have in common. */
export interface World {
  /** The server that is attacked. */
  readonly url: string;
  /** A word of this run's own. */
  readonly run: string;
  readonly victim: Tenant;
  readonly attacker: Tenant;
  readonly preparer: Preparer;
  readonly marks: Marks;
  readonly tally: Tally;
  readonly thoroughness: Thoroughness;
}

/** Makes the stage for each rule under which the victim's chats can be. */
export function createStages(world: World): (access: ChatAccess) => Stage {
  const { url, run, victim, attacker, preparer, marks, tally, thoroughness } = world;
  const { apiPrefix } = preparer;
  const wsUrl = url.replace(/^http/, "ws");
  const ticketOf = createTicketDesk(preparer);
  const isQuick = thoroughness === "quick";
  let texts = 0;
  let turns = 0;
  return (access) => ({
    sides: { victim, attacker, access },
    preparer,
    supply: createSupply(preparer, victim, marks),
    ledger: { url, apiPrefix, victim },
    marks,
    tally,
    isQuick,
    extent: {
      askers: isQuick ? "few" : "all",
      placements: thoroughness === "thorough" ? "all" : "one",
    },
    newTurn: () => (turns += 1),
    doors: {
      REST: createRestDoor(url),
      GraphQL: createGraphqlHttpDoor(url, "json"),
      "GraphQL SSE": createGraphqlHttpDoor(url, "events"),
      "GraphQL WebSocket": createGraphqlWsDoor({ wsUrl, ticketOf }),
      WebSocket: createRawDoor({ wsUrl, apiPrefix, ticketOf }),
    },
    newTexts() {
      texts += 1;
      const short = `attack-${run}-t${texts}`;
      return { short, email: `${short}@attack.example` };
    },
  });
}
