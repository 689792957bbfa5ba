import type { EventSourceMessage } from "eventsource-parser";
import type { ServerFrame } from "../../api/ws/protocol.ts";
import { exchange, type HttpAsk } from "./http-exchange.ts";
import type { Departure, Door, Errand, Visit } from "./visit.ts";
import { readTurnFrame } from "./ws-door.ts";

const prefix = "/api/v1/chat";

/** REST: asks with a POST that streams, comes back to the chat's events with `Last-Event-ID`. */
export const visitByRest: Door = async (visit) => {
  const onEvent = (event: EventSourceMessage) => takeEvent(event, visit);
  const { errand } = visit;
  if (errand.type !== "ask" || errand.chatId) return exchange(visit, toAsk(errand), { onEvent });
  let chatId: string | undefined;
  const makeChat: HttpAsk = { method: "POST", path: `${prefix}/`, headers: {}, body: {} };
  const made = await exchange(visit, makeChat, {
    onJson(text) {
      chatId = JSON.parse(text).id;
      return { type: "over" };
    },
  });
  if (!chatId) return made;
  visit.onChat(chatId);
  return exchange(visit, toAsk({ ...errand, chatId }), { onEvent });
};

function toAsk(errand: Errand): HttpAsk {
  const accept = { accept: "text/event-stream" };
  if (errand.type === "ask") {
    const { content, key, keyIn, chatId } = errand;
    const headers = keyIn === "header" ? { ...accept, "idempotency-key": key } : accept;
    const body = keyIn === "header" ? { content } : { content, client_message_id: key };
    return { method: "POST", path: `${prefix}/${chatId}/messages`, headers, body };
  }
  const { chatId } = errand;
  const place =
    errand.type === "chat"
      ? errand.place
      : [errand.messageId, errand.cursor].filter(Boolean).join("/");
  const headers = { ...accept, "last-event-id": place };
  return { method: "GET", path: `${prefix}/${chatId}/events`, headers };
}

function takeEvent({ data }: EventSourceMessage, visit: Visit): Departure | undefined {
  const frame: ServerFrame = JSON.parse(data);
  if (frame.type === "reconnect") return { type: "announced", why: "reconnect" };
  const told = readTurnFrame(frame);
  if (!told) return undefined;
  if ("departure" in told) return told.departure;
  const { arrival } = told;
  const chatId = "chat_id" in frame.data ? frame.data.chat_id : undefined;
  if (chatId && visit.errand.type === "ask")
    visit.onAccepted({ chatId, messageId: arrival.messageId });
  visit.onArrival(arrival);
  return undefined;
}
