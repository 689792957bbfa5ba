import type { EventSourceMessage } from "eventsource-parser";
import { departForErrors, toArrival, toOperation, type WireResult } from "./graphql-wire.ts";
import { exchange } from "./http-exchange.ts";
import type { AcceptedTurn, Departure, Door, Errand, Visit } from "./visit.ts";

/** GraphQL over HTTP: asks with a mutation, reads a subscription as server-sent events, comes back with `after`. */
export const visitByGraphqlSse: Door = async (visit) => {
  const { errand } = visit;
  if (errand.type !== "ask") return read(visit, errand);
  let turn: AcceptedTurn | undefined;
  const asked = await exchange(visit, toAsk(errand, "application/json"), {
    onJson(text) {
      const { data, errors }: WireResult = JSON.parse(text);
      if (errors) return departForErrors(errors);
      const sent = data?.sendMessage;
      if (sent) turn = { chatId: sent.chat.id, messageId: sent.answer.id };
      return { type: "over" };
    },
  });
  if (!turn) return asked;
  visit.onAccepted(turn);
  return read(visit, { type: "turn", ...turn, cursor: undefined });
};

function read(visit: Visit, errand: Errand): Promise<Departure> {
  return exchange(visit, toAsk(errand, "text/event-stream"), {
    onEvent: (event) => takeEvent(event, visit),
  });
}

function toAsk(errand: Errand, accept: string) {
  const body = toOperation(errand);
  return { method: "POST", path: "/graphql", headers: { accept }, body } as const;
}

/** Of the GraphQL over SSE protocol: `next` and `complete`. */
function takeEvent({ event, data }: EventSourceMessage, visit: Visit): Departure | undefined {
  if (event !== "next") return undefined;
  const { data: result, errors }: WireResult = JSON.parse(data);
  if (errors) return departForErrors(errors);
  if (result?.events) visit.onArrival(toArrival(result.events));
  return undefined;
}
