import { beforeEach, describe, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { mountChat } from "./support/chat-page.ts";
import { chunk, complete, failure, rateLimit, source, start } from "./support/frames.ts";

const named = { message_id: "answer-1" };
const saved = (rating: "up" | "down" | null) =>
  ({ type: "feedback_saved", data: { ...named, chat_id: "chat-1", rating } }) as const;

/** An open chat with one whole answer. */
async function openAnswered(text = "It is **so**.", extra: Parameters<typeof complete>[0] = {}) {
  const chatPage = await mountChat({ open: "" });
  await chatPage.greet();
  const socket = await chatPage.ask();
  socket.push(start(), chunk(text, 0), complete(extra));
  await chatPage.rendered();
  return { ...chatPage, socket };
}

/** What the page puts on the clipboard from now on. */
function stubClipboard(): string[] {
  const copied: string[] = [];
  vi.spyOn(navigator.clipboard, "writeText").mockImplementation((text) => {
    copied.push(text);
    return Promise.resolve();
  });
  return copied;
}

beforeEach(() => userEvent.unhover(document.body));

describe("what can be done with an answer", () => {
  test("is offered when it has ended, and not while it comes, nor of one that failed", async () => {
    const { greet, ask, findAll, rendered } = await mountChat({ open: "" });
    await greet();
    const socket = await ask();
    socket.push(start(), chunk("A ten", 0));
    await rendered();
    expect(findAll(".actions")).toEqual([]);
    socket.push(failure());
    await rendered();
    expect(findAll(".actions")).toEqual([]);
  });
});

describe("thumbs", () => {
  test("are pressed at once, and saved over the connection", async () => {
    const { find, findAll, socket, rendered } = await openAnswered();
    find(".rate.up").click();
    await rendered();
    expect(find(".rate.up").ariaPressed).toBe("true");
    expect(socket.ratings).toEqual([{ ...named, rating: "up", comment: null }]);
    expect(findAll(".comment")).toEqual([]);
    socket.push(saved("up"));
    find(".rate.up").click();
    await rendered();
    expect(find(".rate.up").ariaPressed).toBe("false");
    expect(socket.ratings.at(-1)?.rating).toBeNull();
  });

  test("spring back when the server refuses", async () => {
    const { find, socket, rendered } = await openAnswered();
    find(".rate.up").click();
    socket.push(rateLimit(9, named));
    await rendered();
    expect(find(".rate.up").ariaPressed).toBe("false");
  });

  test("down asks why; the comment goes along, and its writer is thanked", async () => {
    const { find, findAll, focused, socket, rendered, textOf } = await openAnswered();
    find(".rate.down").click();
    await rendered();
    expect(focused()).toBe(find(".comment textarea"));
    expect(find<HTMLTextAreaElement>(".comment textarea").labels?.[0]?.textContent).toContain(
      "What was wrong or missing?",
    );
    await userEvent.keyboard("Too short{Control>}{Enter}{/Control}");
    await rendered();
    expect(socket.ratings.map(({ comment }) => comment)).toEqual([null, "Too short"]);
    expect(findAll(".comment")).toEqual([]);
    expect(textOf(".thanks")).toBe("Thank you for telling us.");
    expect(focused()).toBe(find(".rate.down"));
    expect(find(".rate.down").ariaPressed).toBe("true");
  });

  test.each(["Escape", "Not now", "Send"])("down without a comment is enough (%s)", async (way) => {
    const { chat, find, findAll, socket, rendered } = await openAnswered();
    find(".rate.down").click();
    await rendered();
    if (way === "Escape") await userEvent.keyboard("{Escape}");
    else findAll(".comment button")[way === "Send" ? 1 : 0]?.click();
    await rendered();
    expect(findAll(".comment, .thanks")).toEqual([]);
    expect(socket.ratings).toHaveLength(1);
    expect(chat.open).toBe(true);
  });

  test("up after down takes the place of it, and of its question", async () => {
    const { find, findAll, socket, rendered } = await openAnswered();
    find(".rate.down").click();
    await rendered();
    find(".rate.up").click();
    await rendered();
    expect(socket.ratings.map(({ rating }) => rating)).toEqual(["down", "up"]);
    expect(findAll(".comment")).toEqual([]);
    expect(find(".rate.down").ariaPressed).toBe("false");
  });
});

describe("copying", () => {
  test("takes the whole answer with what its numbers mean, and says so", async () => {
    const copied = stubClipboard();
    const sources = [source(1), source(2, { heading: "Document 2", url: null })];
    const { find, rendered } = await openAnswered("It is **so** [1], [2].\n", { sources });
    find("[part=copy]").click();
    await vi.waitUntil(() => find(".announcer").textContent === "Copied");
    await rendered();
    expect(copied).toEqual([
      "It is **so** [1], [2].\n\nSources:\n[1] Document 1: Chapter › Section <https://docs.example/1>\n[2] Document 2\n",
    ]);
  });

  test("takes a block of code alone, of an answer that is still coming too", async () => {
    const copied = stubClipboard();
    const { greet, ask, find, rendered } = await mountChat({ open: "" });
    await greet();
    (await ask()).push(start(), chunk("So:\n\n```ts\nlet a = 1;\nlet b;\n```\n\nand", 0));
    await rendered();
    const button = find(".copy-code");
    expect(button.ariaLabel).toBe("Copy code");
    button.click();
    await vi.waitUntil(() => button.dataset["label"] === "Copied");
    expect(copied).toEqual(["let a = 1;\nlet b;"]);
    expect(find(".code").dataset["language"]).toBe("ts");
  });

  test("on a page without a clipboard takes the old way, and leaves the focus where it was", async () => {
    vi.spyOn(navigator, "clipboard", "get").mockReturnValue(undefined as never);
    const copy = vi.spyOn(document, "execCommand").mockReturnValue(true);
    const { find, findAll, focused } = await openAnswered("Yes.");
    find("[part=copy]").focus();
    find("[part=copy]").click();
    await vi.waitUntil(() => find(".announcer").textContent === "Copied");
    expect(copy).toHaveBeenCalledExactlyOnceWith("copy");
    expect(findAll("textarea")).toHaveLength(1);
    expect(focused()).toBe(find("[part=copy]"));
  });

  test("that is not allowed is said", async () => {
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("denied"));
    vi.spyOn(document, "execCommand").mockReturnValue(false);
    const { find } = await openAnswered();
    find("[part=copy]").click();
    await vi.waitUntil(() => find(".announcer").textContent.includes("did not allow"));
  });

  test("leaves no timer when the chat is removed", async () => {
    stubClipboard();
    const { chat, find } = await openAnswered();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      find("[part=copy]").click();
      while (find(".announcer").textContent !== "Copied") await Promise.resolve();
      await Promise.resolve();
      expect(vi.getTimerCount()).toBe(1);
      chat.remove();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

test("an answer that had to do without the model says so", async () => {
  const { textOf } = await openAnswered("Yes.", { degraded: ["model_unavailable"] });
  expect(textOf(".degraded")).toBe(
    "The language model could not be reached; this answer quotes the documents.",
  );
});

test("what else an answer had to do without is the operator's matter", async () => {
  const { findAll } = await openAnswered("Yes.", { degraded: ["other"] });
  expect(findAll(".degraded")).toEqual([]);
});
