import type { ServerFrame } from "../../api/ws/protocol.ts";
import { visitBySocket, type SocketTalk } from "./socket-visit.ts";
import type { Arrival } from "./turn-record.ts";
import { departFor, type Departure, type Door, type Visit } from "./visit.ts";

/** Of docs/protocol.md: the slow reader, too many of them, ours, the restart. */
const announcing = [4408, 4429, 1011, 1012, 1013];

/** Raw WebSocket: asks with `chat_message`, comes back with `resume`. */
export const visitByWs: Door = (visit) => {
  const query = new URLSearchParams({ tenant_id: visit.tenantId });
  return visitBySocket(visit, {
    url: `${visit.origin.replace("http", "ws")}/api/v1/ws/chat?${query.toString()}`,
    announcing,
    onMessage: (text, talk) => takeFrame(JSON.parse(text), visit, talk),
  });
};

function takeFrame(frame: ServerFrame, visit: Visit, talk: SocketTalk): void {
  switch (frame.type) {
    case "connection_established":
      return talk.send(openingFrame(visit));
    case "processing":
      return visit.onAccepted({ chatId: frame.data.chat_id, messageId: frame.data.message_id });
    case "rate_limit_exceeded":
      return talk.depart(departFor("RATE_LIMIT_EXCEEDED"));
    default: {
      const told = readTurnFrame(frame);
      if (!told) return;
      if ("arrival" in told) visit.onArrival(told.arrival);
      else talk.depart(told.departure);
    }
  }
}

function openingFrame({ errand }: Visit): object {
  if (errand.type === "ask") {
    const { content: message, key: client_message_id, chatId: chat_id = null } = errand;
    return { type: "chat_message", data: { message, client_message_id, chat_id } };
  }
  if (errand.type === "chat") throw new Error("This door doesn't follow chats");
  const { messageId: message_id, cursor = null } = errand;
  return { type: "resume", data: { message_id, cursor } };
}

/** The events of a turn and errors, which REST sends in the same form; undefined for anything else. */
export function readTurnFrame(
  frame: ServerFrame,
): { arrival: Arrival } | { departure: Departure } | undefined {
  switch (frame.type) {
    case "response_start": {
      const { message_id: messageId, attempt, cursor } = frame.data;
      return { arrival: { type: "start", messageId, attempt, cursor } };
    }
    case "response_chunk": {
      const { message_id: messageId, attempt, cursor, offset, content } = frame.data;
      return { arrival: { type: "chunk", messageId, attempt, cursor, offset, content } };
    }
    case "response_complete": {
      const { message_id: messageId, attempt, cursor } = frame.data;
      const { finish_reason: finishReason, total_tokens: totalTokens } = frame.data;
      const ending = { finishReason, errorCode: null, totalTokens };
      return { arrival: { type: "end", messageId, attempt, cursor, ending } };
    }
    case "error": {
      const { data } = frame;
      if (!("cursor" in data)) return { departure: departFor(data.error_code, data.message) };
      const { message_id: messageId, attempt, cursor, error_code: errorCode } = data;
      const ending = { finishReason: null, errorCode, totalTokens: undefined };
      return { arrival: { type: "end", messageId, attempt, cursor, ending } };
    }
    default:
      return undefined;
  }
}
