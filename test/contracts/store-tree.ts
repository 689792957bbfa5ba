import { describe, expect, it } from "vitest";
import type { Message } from "../../api/core/message.ts";
import type { NewTurn } from "../../api/core/turns/turn-store.ts";
import { createRandom, type Random } from "../faults/random.ts";
import { makeEdit, makeRegeneration, saveEnded } from "./store-branches.ts";
import { makeChat, makeTurn, readAll, type OpenStore } from "./store-fixtures.ts";

/** A chat as a plain tree, with the way down that is shown. */
function createTree() {
  const messages: Message[] = [];
  let way: Message[] = [];
  const at = (id: string | null) => messages.find((message) => message.id === id);
  const below = (id: string) => messages.filter(({ parentId }) => parentId === id);

  function wayTo(message: Message | undefined): Message[] {
    return message ? [...wayTo(at(message.parentId)), message] : [];
  }

  function wayBelow(message: Message): Message[] {
    const next = below(message.id).at(-1);
    return next ? [message, ...wayBelow(next)] : [message];
  }

  return {
    messages,
    get way() {
      return way;
    },
    wayTo,
    /** Shows what was added, behind what it follows. */
    add(...added: Message[]) {
      way = [...wayTo(at(added[0]?.parentId ?? null)), ...added];
      messages.push(...added);
    },
    choose(message: Message) {
      if (!way.includes(message)) way = [...wayTo(message).slice(0, -1), ...wayBelow(message)];
    },
    variantsOf({ id, parentId }: Message) {
      const place = messages.filter((other) => other.parentId === parentId).map((one) => one.id);
      const index = place.indexOf(id);
      const [previousId, nextId] = [place[index - 1] ?? null, place[index + 1] ?? null];
      return { index: index + 1, count: place.length, previousId, nextId };
    },
  };
}

type Tree = ReturnType<typeof createTree>;

const idsOf = (messages: readonly Message[]) => messages.map(({ id }) => id);

function drawTurn(tree: Tree, chatId: string, random: Random, content: string): NewTurn {
  const beside = random.chance(0.6) && tree.messages.length > 0 && random.pick(tree.messages);
  if (!beside) return makeTurn(chatId, { content });
  return beside.role === "user" ? makeEdit(beside, { content }) : makeRegeneration(beside);
}

export function treeContract(open: OpenStore): void {
  describe("a chat with many branches", () => {
    it.each([1, 2, 3])(
      "shows what a plain tree shows, after each of many drawn steps (seed %i)",
      async (seed) => {
        const { store, tenant } = open();
        const random = createRandom(seed, "branches");
        const chat = makeChat();
        await store.createChat(tenant, chat);
        const tree = createTree();

        async function save(step: number): Promise<void> {
          const turn = drawTurn(tree, chat.id, random, `Step ${step}`);
          const { question, answer } = await saveEnded(open(), turn);
          if (turn.fork?.kind === "answer") tree.add(answer);
          else tree.add(question, answer);
        }

        async function choose(): Promise<void> {
          const message = random.pick(tree.messages);
          const before = new Set(idsOf(tree.way));
          const fork = tree.wayTo(message).findLast(({ id }) => before.has(id));
          const chosen = await store.chooseBranch(tenant, message.id);
          const changed = fork !== message;
          const forkId = changed ? (fork?.id ?? null) : message.parentId;
          expect(chosen).toEqual({ chatId: chat.id, forkId, changed });
          tree.choose(message);
          const behind = await store.listMessagesBehind(tenant, chat.id, forkId, 3);
          const place = forkId === null ? 0 : idsOf(tree.way).indexOf(forkId) + 1;
          expect(idsOf(behind.items)).toEqual(idsOf(tree.way).slice(place, place + 3));
        }

        async function compare(): Promise<void> {
          const limit = random.integer(1, 20);
          const shown = await readAll((page) => store.listMessages(tenant, chat.id, page), limit);
          expect(idsOf(shown)).toEqual(idsOf(tree.way));
          expect(shown.map(({ variants }) => variants)).toEqual(tree.way.map(tree.variantsOf));
          const all = await store.listMessages(tenant, chat.id, { limit: 100 }, "all");
          expect(idsOf(all.items)).toEqual(idsOf(tree.messages).slice(0, 100));
          const chosen = new Set(idsOf(tree.way));
          for (const message of all.items) expect(message.chosen).toBe(chosen.has(message.id));
          const question = random.pick(tree.messages.filter(({ role }) => role === "user"));
          const history = await store.listHistory(tenant, question, limit);
          expect(idsOf(history)).toEqual(idsOf(tree.wayTo(question).slice(0, -1)).slice(-limit));
        }

        for (let step = 0; step < 60; step += 1) {
          if (tree.messages.length > 0 && random.chance(0.4)) await choose();
          else await save(step);
          await compare();
        }
        expect(tree.messages.length).toBeGreaterThan(tree.way.length);
      },
    );
  });
}
