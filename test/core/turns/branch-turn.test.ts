import { describe, expect, it } from "vitest";
import { regenerateAnswer } from "../../../api/core/turns/branch-turn.ts";
import { lookForNews } from "../../../api/core/turns/chat-news.ts";
import { settle } from "../../support/clock.ts";
import { makeCaller, openProcess, testTenant } from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";

/** A chat of so many ended turns. */
async function open(turns: number) {
  const answerer = createManualAnswerer();
  const process = openProcess({ answerer });
  const { start, store } = process;
  let begun = 0;
  const end = async () => {
    (await answerer.nth(begun)).finish();
    begun += 1;
    await settle();
  };
  const answers: string[] = [];
  let chatId = "";
  for (let n = 0; n < turns; n += 1) {
    const { answer } = await process.ask({ chatId: chatId || undefined, content: `Question ${n}` });
    chatId = answer.chatId;
    answers.push(answer.id);
    await end();
  }
  const regenerate = async (messageId: string, clientMessageId?: string) => {
    const saved = await regenerateAnswer(start, makeCaller(), { messageId, clientMessageId });
    if (!saved.replayed) await end();
    return saved;
  };
  return { store, chatId, answers, regenerate };
}

describe("the key of a regeneration", () => {
  it("finds its answer again, and counts for no other answer to the same question", async () => {
    const { answers, regenerate } = await open(1);
    const [first = ""] = answers;
    const key = "a-key-of-sixteen";
    const second = await regenerate(first, key);
    expect(await regenerate(first, key)).toMatchObject({
      answer: { id: second.answer.id },
      replayed: true,
    });
    const third = await regenerate(second.answer.id, key);
    expect(third.replayed).toBe(false);
    expect(third.answer.id).not.toBe(second.answer.id);
    expect(await regenerate(first, key)).toMatchObject({ answer: { id: second.answer.id } });
  });
});

describe("the news of a chat whose branch has changed often", () => {
  it("hold one page of messages, which shows all that changed, and lose nothing of it on the way", async () => {
    const { store, chatId, answers, regenerate } = await open(4);
    const [, low = "", middle = "", high = ""] = answers;
    const lookBehind = async (revision: number | undefined) => {
      const news = await lookForNews(store, testTenant, chatId, revision);
      if (!news) throw new Error("The chat is not there");
      return news;
    };
    const { revision: start } = await lookBehind(undefined);
    await regenerate(high);
    await regenerate(low);
    await store.chooseBranch(testTenant, middle);
    const { events } = await lookBehind(start);
    const branches = events.flatMap(({ event }) => (event.type === "branch" ? [event] : []));
    expect(branches).toHaveLength(1);
    const [branch] = branches;
    const shown = (await store.listMessages(testTenant, chatId, { limit: 100 })).items;
    const fork = shown.findIndex(({ id }) => id === branch?.parentId);
    expect(fork).toBe(2);
    expect(branch?.messages).toEqual(shown.slice(fork + 1));
    // Whoever leaves before they are told it is told it when they come back.
    const told = events.findIndex(({ event }) => event.type === "branch");
    expect(told).toBeGreaterThan(0);
    for (const { revision } of events.slice(0, told)) {
      const later = await lookBehind(revision);
      expect(later.events.map(({ event }) => event)).toContainEqual(branch);
    }
  });
});
