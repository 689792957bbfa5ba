import fc from "fast-check";
import type { ChatMessage } from "../../../element/client/message.ts";
import { mostTries } from "../../../element/client/refusals.ts";
import { settle } from "../../support/clock.ts";
import { createClientBench, type ClientBench } from "./client-bench.ts";
import { createRandom } from "./random.ts";
import { playServer, type ScriptedServer } from "./scripted-server.ts";

/** What befalls a conversation: a fault or a deed of its reader, and then some time. */
export type Step =
  | { do: "ask" | "reload" | "close" | "open" | "stop" | "freeze"; page: number; ms: number }
  | { do: "cut"; page: number; code: number; ms: number }
  | { do: "restart" | "crash" | "forget" | "replay"; ms: number }
  | { do: "door"; door: ScriptedServer["door"]; ms: number }
  | { do: "next"; what: keyof ScriptedServer["next"]; count: number; ms: number }
  | { do: "signal"; signal: "online" | "offline" | "wake" | "hide"; ms: number };

const ms = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 600 }) },
  { weight: 1, arbitrary: fc.integer({ min: 600, max: 60_000 }) },
);
const page = fc.nat(2);
/** One step of a bad journey. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("ask" as const), page, ms }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("cut" as const),
      page,
      code: fc.constantFrom(1006, 1011, 1012, 4408),
      ms,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("reload", "close", "open", "stop", "freeze"),
      page,
      ms,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("restart", "crash", "forget", "replay"), ms }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("door" as const),
      door: fc.constantFrom("open", "restarting", "overloaded", "down"),
      ms,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("next" as const),
      what: fc.constantFrom("refused", "unconfirmed", "limited", "swallowed"),
      count: fc.integer({ min: 1, max: 2 }),
      ms,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("signal" as const),
      signal: fc.constantFrom("online", "offline", "wake", "hide"),
      ms,
    }),
  },
);

/** A browser with its pages, its server, and what they have been asked. */
export interface World {
  readonly pages: ClientBench[];
  readonly server: ScriptedServer;
  /** Questions that a page took, but those that were taken back before they went out. */
  readonly asked: Set<string>;
  /** How many questions were tried. */
  number: number;
  /** How many refusals are left before a reader would be asked what to do. */
  patience: number;
  /** What no reader may ever see. */
  readonly seen: string[];
}

function createWorld(seed: number, chatId: string | undefined): World {
  const random = createRandom(seed);
  const first = createClientBench({}, { random });
  const server = playServer(first, random);
  const world: World = {
    pages: [],
    server,
    asked: new Set(),
    number: 0,
    patience: mostTries,
    seen: [],
  };
  first.tab.chatId = chatId;
  enter(world, first);
  return world;
}

/** A page is opened, or loaded again. */
export function enter({ pages, seen }: World, opened: ClientBench): void {
  let before: readonly ChatMessage[] = [];
  opened.client.subscribe(({ messages }) => {
    for (const message of messages) {
      const { status, content, metadata } = message;
      if (status === "error" && metadata?.error?.code !== "MODEL_UNAVAILABLE")
        seen.push(`an error: ${metadata?.error?.code}`);
      const was = before.find(({ id }) => id === message.id);
      if (was?.content && !content && metadata?.streaming) seen.push("an answer that was emptied");
    }
    before = messages;
  });
  opened.client.connect();
  pages.push(opened);
}

export async function pass({ pages }: World, time: number): Promise<void> {
  const { clock } = pages[0]!;
  for (let left = time; left > 0; left -= 500) {
    clock.advance(Math.min(left, 500));
    await settle();
  }
}

function take(world: World, event: Step): void {
  const { pages, server, asked } = world;
  const at = "page" in event ? event.page % pages.length : 0;
  const chosen = pages[at]!;
  switch (event.do) {
    case "ask": {
      const question = `Question ${(world.number += 1)} of ${chosen.tab.name}?`;
      if (chosen.client.ask(question)) asked.add(question);
      return;
    }
    case "stop": {
      const taken = chosen.client.stop();
      // Shown as taken back: the server must never hear of it.
      if (taken !== undefined) asked.delete(taken);
      return;
    }
    case "reload":
      pages.splice(at, 1);
      return enter(world, chosen.reload());
    case "close":
      pages.splice(at, 1);
      chosen.close();
      return enter(world, chosen.openTab());
    case "open":
      return pages.length < 3 ? enter(world, chosen.openTab()) : undefined;
    case "freeze":
      return server.freeze(chosen.tab.name);
    case "cut":
      return server.cut(event.code, chosen.tab.name);
    case "door":
      return void (server.door = event.door);
    case "next": {
      // As many refusals as a question bears before its reader is asked.
      const count =
        event.what === "swallowed" ? event.count : Math.min(event.count, world.patience);
      if (event.what !== "swallowed") world.patience -= count;
      server.next[event.what] += count;
      return;
    }
    case "signal":
      if (event.signal === "offline") server.freeze();
      return chosen.signal(event.signal);
    default:
      return server[event.do]();
  }
}

/** All faults are over; whoever was given up by the attempts is told that the network is back. */
async function recover(world: World): Promise<void> {
  const { server, pages } = world;
  server.door = "open";
  Object.assign(server.next, { refused: 0, unconfirmed: 0, limited: 0, swallowed: 0 });
  pages[0]!.signal("online");
  await pass(world, 200_000);
}

/** A browser and its server, after all of that and after its end. @param chatId a chat that is open already */
export async function live(seed: number, steps: readonly Step[], chatId?: string): Promise<World> {
  const world = createWorld(seed, chatId);
  for (const event of steps) {
    take(world, event);
    await pass(world, event.ms);
  }
  await recover(world);
  return world;
}
