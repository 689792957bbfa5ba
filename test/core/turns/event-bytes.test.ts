import { describe, expect, it } from "vitest";
import { encodeTurnEvent } from "../../../api/core/turns/event-bytes.ts";
import { noUsage } from "../../../api/core/message.ts";
import { turnFrame, type TurnEvent } from "../../../api/core/turns/turn-event.ts";

const turn = { tenantId: "demo", chatId: "chat_1", messageId: "msg_1" };

function chunk(offset: number, content: string, attempt = 1): TurnEvent {
  const cursor = { attempt, rank: offset + content.length };
  return { type: "chunk", cursor, piece: { offset, content } };
}

describe("the bytes of an event", () => {
  it("are its frame as JSON", () => {
    const end = {
      type: "error",
      code: "PROCESSING_ERROR",
      message: "Failed",
      usage: noUsage,
    } as const;
    const events: TurnEvent[] = [
      { type: "start", cursor: { attempt: 2, rank: 0 } },
      chunk(3, 'a"\n💥', 2),
      { type: "end", cursor: { attempt: 2, rank: Infinity }, ending: end },
    ];
    for (const event of events) {
      const text = new TextDecoder().decode(encodeTurnEvent(turn, event, 3));
      expect(JSON.parse(text)).toEqual(turnFrame(turn, event, 3));
    }
  });

  it("are the same for all readers of a published piece", () => {
    const event = chunk(0, "One");
    const all = Array.from({ length: 50 }, () => encodeTurnEvent(turn, event, 0));
    expect(new Set(all).size).toBe(1);
  });

  it("are the same for readers whose missing text was merged alike, each for itself", () => {
    const bytes = encodeTurnEvent(turn, chunk(10, "merged"), 0);
    expect(encodeTurnEvent(turn, chunk(10, "merged"), 0)).toBe(bytes);
  });

  it("differ by tenant, turn, attempt and place", () => {
    const bytes = [
      encodeTurnEvent(turn, chunk(0, "same"), 0),
      encodeTurnEvent({ ...turn, tenantId: "other" }, chunk(0, "same"), 0),
      encodeTurnEvent({ ...turn, messageId: "msg_2" }, chunk(0, "same"), 0),
      encodeTurnEvent(turn, chunk(0, "diff", 2), 0),
      encodeTurnEvent(turn, chunk(1, "sam"), 0),
      encodeTurnEvent(turn, chunk(0, "sa"), 0),
    ];
    expect(new Set(bytes).size).toBe(bytes.length);
  });
});
