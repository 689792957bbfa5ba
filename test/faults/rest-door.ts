import { request, type IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";
import type { ServerFrame } from "../../api/ws/protocol.ts";
import { departFor, type Departure, type Door, type Errand, type Visit } from "./visit.ts";
import { readTurnFrame } from "./ws-door.ts";

/** Longer than the server's heartbeat of 15 s. */
const patienceMs = 18_000;

interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: object;
}

/** REST: asks with a POST that streams, comes back to the chat's events with `Last-Event-ID`. */
export const visitByRest: Door = async (visit) => {
  const { errand } = visit;
  if (errand.type !== "ask" || errand.chatId) return exchange(visit, toRequest(errand));
  let chatId: string | undefined;
  const made = await exchange(
    visit,
    { method: "POST", path: "/chat/", headers: {}, body: {} },
    (text) => {
      chatId = JSON.parse(text).id;
    },
  );
  if (!chatId) return made;
  visit.onChat(chatId);
  return exchange(visit, toRequest({ ...errand, chatId }));
};

function toRequest(errand: Errand): Ask {
  const accept = { accept: "text/event-stream" };
  if (errand.type === "ask") {
    const { content, key, keyIn, chatId } = errand;
    const headers = keyIn === "header" ? { ...accept, "idempotency-key": key } : accept;
    const body = keyIn === "header" ? { content } : { content, client_message_id: key };
    return { method: "POST", path: `/chat/${chatId}/messages`, headers, body };
  }
  const { chatId } = errand;
  const place =
    errand.type === "chat"
      ? errand.place
      : [errand.messageId, errand.cursor].filter(Boolean).join("/");
  const headers = { ...accept, "last-event-id": place };
  return { method: "GET", path: `/chat/${chatId}/events`, headers };
}

/** @param onJson takes the answer where it is no stream. */
function exchange(visit: Visit, ask: Ask, onJson?: (text: string) => void): Promise<Departure> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const outgoing = request(`${visit.origin}/api/v1${ask.path}`, {
      method: ask.method,
      agent: false,
      headers: {
        ...ask.headers,
        "x-tenant-id": visit.tenantId,
        ...(ask.body ? { "content-type": "application/json" } : {}),
      },
    });
    function depart(departure: Departure): void {
      isOver = true;
      clearTimeout(timer);
      visit.leave.removeEventListener("abort", leave);
      resolve(departure);
      outgoing.destroy();
    }
    const leave = () => depart({ type: "over" });
    const listen = () => {
      clearTimeout(timer);
      if (isOver) return;
      timer = setTimeout(() => depart({ type: "dropped", why: "silence" }), patienceMs);
    };
    outgoing.on("error", (error) => depart({ type: "dropped", why: error.message }));
    outgoing.on("response", (response) => {
      const isStream = response.headers["content-type"]?.startsWith("text/event-stream");
      if (response.statusCode === 200 && isStream) readStream(visit, response, listen, depart);
      else readJson(response, depart, onJson);
    });
    visit.leave.addEventListener("abort", leave);
    if (visit.leave.aborted) return leave();
    listen();
    outgoing.end(ask.body && JSON.stringify(ask.body));
  });
}

function readStream(
  visit: Visit,
  response: IncomingMessage,
  listen: () => void,
  depart: (departure: Departure) => void,
): void {
  let announced: Departure | undefined;
  const parser = createParser({
    onEvent(event) {
      const frame: ServerFrame | { type: "reconnect" } = JSON.parse(event.data);
      if (frame.type === "reconnect") {
        announced = { type: "announced", why: "reconnect" };
        return;
      }
      const told = readTurnFrame(frame);
      if (!told) return;
      if ("departure" in told) announced = told.departure;
      else {
        const { arrival } = told;
        const chatId = "chat_id" in frame.data ? frame.data.chat_id : undefined;
        if (chatId && visit.errand.type === "ask")
          visit.onAccepted({ chatId, messageId: arrival.messageId });
        visit.onArrival(arrival);
      }
    },
  });
  const whole = () => {
    if (announced) return depart(announced);
    if (visit.isDone()) return depart({ type: "over" });
    depart({ type: "cut", why: "the stream ended" });
  };
  visit.onOpen({ pause: () => response.pause(), resume: () => response.resume() });
  response.setEncoding("utf8");
  response.on("data", (text: string) => {
    listen();
    parser.feed(text);
  });
  response.on("end", whole);
  response.on("error", (error) => depart({ type: "dropped", why: error.message }));
}

function readJson(
  response: IncomingMessage,
  depart: (departure: Departure) => void,
  onJson: ((text: string) => void) | undefined,
): void {
  const status = response.statusCode ?? 0;
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (part: string) => (text += part));
  response.on("error", (error) => depart({ type: "dropped", why: error.message }));
  response.on("end", () => {
    if (status >= 400) return depart(departFor(codeOf(text), `status ${status}`));
    if (!onJson) return depart({ type: "refused", why: `status ${status}: ${text.slice(0, 200)}` });
    onJson(text);
    depart({ type: "over" });
  });
}

function codeOf(text: string): string {
  try {
    return JSON.parse(text).error.code;
  } catch {
    return `no JSON: ${text.slice(0, 200)}`;
  }
}
