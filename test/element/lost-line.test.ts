import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatMessage } from "../../element/client/message.ts";
import { enter, live, pass, step } from "./support/bad-journey.ts";
import type { ClientBench } from "./support/client-bench.ts";
import type { ScriptedServer } from "./support/scripted-server.ts";

type Shown = Pick<ChatMessage, "id" | "role" | "content" | "status">;
const shownBy = ({ client }: ClientBench): readonly Shown[] =>
  client.state.messages.map(({ id, role, content, status }) => ({ id, role, content, status }));
const storedBy = (server: ScriptedServer, chatId: string | undefined): readonly Shown[] =>
  server.history(chatId ?? "").map(({ id, role, content, status }) => ({
    id,
    role,
    content,
    status: status === "error" ? "error" : "sent",
  }));
const byId = (a: Shown, b: Shown) => a.id.localeCompare(b.id, undefined, { numeric: true });

const seeds = fc.integer();
const lengths = { minLength: 10, maxLength: 40, size: "max" } as const;
/** LOST_LINE_SEED and LOST_LINE_RUNS make it another journey, or a longer one. */
const { LOST_LINE_SEED = "4", LOST_LINE_RUNS = "100" } = process.env;
const options = { seed: Number(LOST_LINE_SEED), numRuns: Number(LOST_LINE_RUNS) };
const timeout = 60_000 + 100 * options.numRuns;

test(
  "whatever befalls one page, it ends up with the server's conversation, each question stored once",
  async () => {
    const alone = fc.array(
      step.filter((event) => event.do !== "open" && event.do !== "close"),
      lengths,
    );
    await fc.assert(
      fc.asyncProperty(seeds, alone, async (seed, steps) => {
        const { pages, server, asked, seen } = await live(seed, steps);
        const [only] = pages;
        expect(server.all.map(({ question }) => question)).toEqual([...asked]);
        expect(shownBy(only!)).toEqual(storedBy(server, only!.client.state.currentChat?.id));
        expect(only!.client.state.streaming.isStreaming).toBe(false);
        expect(only!.thrown).toEqual([]);
        expect(seen).toEqual([]);
      }),
      options,
    );
  },
  timeout,
);

test(
  "whatever befalls three tabs of one chat, also when they are closed, all end up with the server's conversation",
  async () => {
    const steps = fc.array(step, lengths);
    await fc.assert(
      fc.asyncProperty(seeds, steps, async (seed, events) => {
        const world = await live(seed, events, "chat-1");
        const { pages, server, asked, seen } = world;
        const expected = storedBy(server, "chat-1").toSorted(byId);
        for (const each of pages) expect(shownBy(each).toSorted(byId)).toEqual(expected);
        // What a closed tab has left is taken up by the next load.
        for (const each of pages.splice(0)) enter(world, each.reload());
        await pass(world, 100_000);
        for (const each of pages) expect(shownBy(each)).toEqual(storedBy(server, "chat-1"));
        expect(server.all.map(({ question }) => question).toSorted()).toEqual(
          [...asked].toSorted(),
        );
        expect(seen).toEqual([]);
      }),
      options,
    );
  },
  timeout,
);
