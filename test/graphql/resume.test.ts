import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import { sendMessage, type Sent } from "./client.ts";
import { assemble, eventOf, followChat, followMessage, isEnd } from "./events.ts";
import type { EventResult, EventShape } from "./events.ts";
import { listenPlatform, readResults, type EventReader, type Listening } from "./listen.ts";

let platform: Listening;
beforeAll(async () => {
  const generous = makeTenant("demo", { limits: { messages_per_minute: 1000 } });
  platform = await listenPlatform({ tenants: [generous] });
});
afterAll(() => platform.close());

type Subscribe = (query: string, variables: Record<string, unknown>) => EventReader<EventResult>;

/** The same subscription over graphql-ws, each on a connection of its own. */
const overSocket: Subscribe = (query, variables) => {
  const client = platform.connect();
  const results = client.iterate({ query, variables });
  return {
    next: async () => (await results.next()).value as EventResult | undefined,
    async leave() {
      await results.return?.();
      await client.dispose();
    },
  };
};

/** And as server-sent events. */
const overEvents: Subscribe = (query, variables) => {
  const opened = fetch(platform.url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ query, variables }),
  }).then((response) => readResults<EventResult>(response));
  return {
    next: async () => (await opened).next(),
    leave: async () => (await opened).leave(),
  };
};

/** How a reader reads: after so many events it drops its connection and comes back over the next transport. */
interface Journey {
  readonly stages: readonly {
    readonly events: number;
    readonly isSocket: boolean;
    readonly isChat: boolean;
  }[];
}

/** The events that a reader sees on its way; the last stage goes to the end. */
async function travel(
  { stages }: Journey,
  turn: { chatId: string; messageId: string },
): Promise<EventShape[]> {
  const seen: EventShape[] = [];
  for (let index = 0; ; index += 1) {
    const stage = stages[index % stages.length];
    if (!stage) throw new Error("A journey has stages");
    const limit = index < stages.length ? stage.events : Infinity;
    const after = seen.at(-1)?.place ?? turn.messageId;
    const subscribe = stage.isSocket ? overSocket : overEvents;
    const reader = stage.isChat
      ? subscribe(followChat, { chatId: turn.chatId, after })
      : subscribe(followMessage, { messageId: turn.messageId, after });
    try {
      for (let count = 0; count < limit; count += 1) {
        const event = eventOf((await reader.next()) ?? {});
        seen.push(event);
        if (isEnd(event)) return seen;
      }
    } finally {
      await reader.leave();
    }
  }
}

const journey = fc.record({
  stages: fc.array(
    fc.record({
      events: fc.integer({ min: 1, max: 4 }),
      isSocket: fc.boolean(),
      isChat: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

test("whoever drops and comes back with `after`, over either transport, misses and doubles nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }), { maxLength: 8 }),
      fc.array(journey, { minLength: 2, maxLength: 4 }),
      fc.boolean(),
      async (pieces, journeys, fails) => {
        const { ask, answerer, clock } = platform;
        const { sendMessage: sent } = await ask<Sent>(sendMessage, { input: { content: "?" } });
        const turn = { chatId: sent.chat.id, messageId: sent.answer.id };
        const script = await answerer.nextTurn();
        const travelling = Promise.all(journeys.map((one) => travel(one, turn)));
        for (const piece of pieces) {
          script.push(piece);
          await settle();
          clock.advance(100);
          await settle();
        }
        if (fails) script.fail(new Error("on purpose"));
        else script.finish();
        const texts = (await travelling).map(assemble);
        expect(new Set(texts)).toEqual(new Set([pieces.join("")]));
        const { message } = await ask<{ message: { content: string; status: string } }>(
          "query ($id: ID!) { message(id: $id) { content status } }",
          { id: turn.messageId },
        );
        expect(message).toEqual({ content: pieces.join(""), status: fails ? "ERROR" : "COMPLETE" });
      },
    ),
    { numRuns: 40, seed: 20_261_123 },
  );
});
