import type { Asker, Credential } from "../credential.ts";
import { nobody } from "../credential.ts";
import { openLine } from "../doors/socket-line.ts";
import type { Exchange } from "../doors/answer.ts";
import { victimOrigin } from "../scene/tenant.ts";
import type { Preparer } from "../scene/preparer.ts";
import type { Stage } from "../trial/stage.ts";
import type { Special } from "./notebook.ts";

/** Tickets where they are worth nothing: in another tenant, from another page, and a second time. */
export const misuseTickets: Special = {
  name: "tickets of another tenant, of another page, and taken before",
  async run(stage, { note, end }) {
    const { sides, preparer, marks } = stage;
    const { victim, attacker } = sides;
    const holders = [
      victim.people.visitor.credential,
      victim.people.user.credential,
      victim.people.server,
    ];
    for (const way of ways) {
      const door = way.door;
      let isDone = true;
      for (const holder of holders) {
        const ticket = await giveTicket(preparer, holder, undefined);
        const asker: Asker = {
          credential: nobody,
          tenantId: attacker.id,
          placement: "ticket",
          origin: undefined,
        };
        const real = await way.enter(stage, attacker.id, ticket, {});
        note(door, { asker, expectation: "refused", how: `${way.name} in another tenant`, real });
        const elsewhere = { ...asker, tenantId: victim.id };
        const fromPage = await giveTicket(preparer, holder, victimOrigin);
        const without = await way.enter(stage, victim.id, fromPage, {});
        note(door, {
          asker: elsewhere,
          expectation: "refused",
          how: `${way.name} without its page`,
          real: without,
        });
        // The owner's turn: the ticket that was refused elsewhere is still good, once.
        const owners = await way.enter(stage, victim.id, ticket, {});
        isDone &&= owners.answer.outcome === "done";
        marks.learn(owners.answer.text, holder.name);
        const again = await way.enter(stage, victim.id, ticket, {});
        note(door, {
          asker: elsewhere,
          expectation: "refused",
          how: `${way.name} once more`,
          real: again,
        });
      }
      end(door, isDone);
    }
  },
};

async function giveTicket(
  preparer: Preparer,
  holder: Credential,
  origin: string | undefined,
): Promise<string> {
  const headers: Record<string, string> = origin === undefined ? {} : { Origin: origin };
  const asHolder = { credential: holder, tenantId: holder.tenantId };
  return (await preparer.call(asHolder, "POST", "/auth/ticket", undefined, headers)).get("ticket");
}

interface Way {
  readonly name: string;
  readonly door: "WebSocket" | "GraphQL WebSocket";
  enter(
    stage: Stage,
    tenantId: string,
    ticket: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Exchange>;
}

const ways: readonly Way[] = [
  {
    name: "as a parameter",
    door: "WebSocket",
    enter: (stage, tenantId, ticket) => enterRaw(stage, { tenant_id: tenantId, ticket }, []),
  },
  {
    name: "as a subprotocol",
    door: "WebSocket",
    enter: (stage, tenantId, ticket) =>
      enterRaw(stage, { tenant_id: tenantId }, [`miptech.ticket.${ticket}`]),
  },
  {
    name: "in an auth frame",
    door: "WebSocket",
    enter: (stage, tenantId, ticket) => enterRaw(stage, { tenant_id: tenantId }, [], ticket),
  },
  {
    name: "in connectionParams",
    door: "GraphQL WebSocket",
    async enter({ ledger }, tenantId, ticket) {
      const url = `${ledger.url.replace(/^http/, "ws")}/graphql`;
      const line = await openLine({ url, protocols: ["graphql-transport-ws"], headers: {} });
      line.send({ type: "connection_init", payload: { tenantId, ticket } });
      const ack = await line.find(0, (message) => message.includes('"connection_ack"'));
      return close(line, ack !== undefined, ticket);
    },
  },
];

async function enterRaw(
  { ledger }: Stage,
  query: Readonly<Record<string, string>>,
  offered: readonly string[],
  inFrame?: string,
): Promise<Exchange> {
  const { url, apiPrefix } = ledger;
  const address = `${url.replace(/^http/, "ws")}${apiPrefix}/ws/chat?${new URLSearchParams(query).toString()}`;
  const line = await openLine({ url: address, protocols: ["miptech.v1", ...offered], headers: {} });
  let greeting = await line.find(0, (message) => message.includes('"connection_established"'));
  if (greeting !== undefined && inFrame !== undefined) {
    line.send({ type: "auth", data: { ticket: inFrame } });
    greeting = await line.find(1, () => true);
  }
  const isIn = greeting !== undefined && !greeting.startsWith('{"type":"error"');
  return close(line, isIn, [address, ...offered, inFrame ?? ""].join("\n"));
}

async function close(
  line: Awaited<ReturnType<typeof openLine>>,
  isIn: boolean,
  sent: string,
): Promise<Exchange> {
  await line.close();
  const text = [...line.messages, line.refusal?.text ?? "", line.end?.reason ?? ""].join("\n");
  const code = /"(?:code|error_code)":"(\w+)"/.exec(text)?.[1] ?? line.end?.reason ?? "";
  const answer = {
    outcome: isIn ? ("done" as const) : ("refused" as const),
    code,
    text,
    shape: { code },
  };
  return { answer, sent };
}
