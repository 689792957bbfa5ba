import {
  departForErrors,
  toArrival,
  toOperation,
  type WireError,
  type WireResult,
} from "./graphql-wire.ts";
import { visitBySocket, type SocketTalk } from "./socket-visit.ts";
import type { Door, Errand, Visit } from "./visit.ts";

/** Of docs/graphql.md: the slow reader, the restart, later. */
const announcing = [4408, 1012, 1013];

type ServerMessage =
  | { readonly type: "connection_ack" | "ping" | "pong" }
  | { readonly type: "next"; readonly id: string; readonly payload: WireResult }
  | { readonly type: "error"; readonly id: string; readonly payload: readonly WireError[] }
  | { readonly type: "complete"; readonly id: string };

/** graphql-ws: asks with a mutation, reads with a subscription, comes back with `after`. */
export const visitByGraphqlWs: Door = (visit) =>
  visitBySocket(visit, {
    url: `${visit.origin.replace("http", "ws")}/graphql`,
    protocol: "graphql-transport-ws",
    announcing,
    onOpen: (talk) => talk.send({ type: "connection_init", payload: { tenantId: visit.tenantId } }),
    onMessage: (text, talk) => takeMessage(JSON.parse(text), visit, talk),
  });

function takeMessage(message: ServerMessage, visit: Visit, talk: SocketTalk): void {
  switch (message.type) {
    case "connection_ack":
      return begin(visit.errand, talk);
    case "ping":
      return talk.send({ type: "pong" });
    case "error":
      return talk.depart(departForErrors(message.payload));
    case "next":
      return takeResult(message.payload, visit, talk);
    case "complete":
      if (message.id === "ask" || visit.isDone()) return;
      return talk.depart({ type: "cut", why: "complete without an ending" });
    case "pong":
      return;
  }
}

function begin(errand: Errand, talk: SocketTalk): void {
  talk.send({ type: "subscribe", id: errand.type, payload: toOperation(errand) });
}

function takeResult({ data, errors }: WireResult, visit: Visit, talk: SocketTalk): void {
  if (errors) return talk.depart(departForErrors(errors));
  if (data?.events) visit.onArrival(toArrival(data.events));
  if (!data?.sendMessage) return;
  const turn = { chatId: data.sendMessage.chat.id, messageId: data.sendMessage.answer.id };
  visit.onAccepted(turn);
  begin({ type: "turn", ...turn, cursor: undefined }, talk);
}
