import { beforeEach, describe, expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { mountChat, type ChatPage } from "./support/chat-page.ts";
import { restError, stored } from "./support/fake-rest.ts";
import { chunk, complete, greeting, start } from "./support/frames.ts";

const question = stored({ id: "question-1", content: "What is a tenant?" });
const answer = stored({ id: "answer-1", role: "assistant", content: "A client." });

/** A visitor with three chats, whose panel is open and connected. */
async function openVisitor(): Promise<ChatPage> {
  const chatPage = await mountChat({ open: "" });
  chatPage.server.current.push(greeting({ visitor_token: "visitor-1" }));
  for (const id of ["chat-3", "chat-2"]) chatPage.rest.keep(id);
  chatPage.rest.keep("chat-1", [question, answer]);
  await chatPage.rendered();
  return chatPage;
}

async function openList(): Promise<ChatPage> {
  const chatPage = await openVisitor();
  chatPage.find(".show-chats").click();
  await chatPage.shows(".chat-row", 3);
  return chatPage;
}

const titles = ({ findAll }: ChatPage) =>
  findAll(".chat-row .chat-title").map(({ textContent }) => textContent.trim());

// Where the tests' mouse stands would else be hovered.
beforeEach(() => userEvent.unhover(document.body));

describe("the list of chats", () => {
  test("shows the visitor's chats over the conversation, which is out of reach meanwhile", async () => {
    const chatPage = await openList();
    const { find, textOf, focused } = chatPage;
    expect(titles(chatPage)).toEqual(["Title of chat-3", "Title of chat-2", "Title of chat-1"]);
    expect(textOf(".heading")).toBe("Your chats");
    expect(focused()).toBe(find(".back"));
    for (const part of [".body", ".foot"]) expect(find(part).inert).toBe(true);
    expect(find("time").getAttribute("datetime")).toBe("2030-01-01T00:00:00.000Z");
  });

  test("opens one of them", async () => {
    const chatPage = await openList();
    const { chat, find, findAll, textOf, shows } = chatPage;
    findAll(".chat-open")[2]?.click();
    await shows(".answer");
    expect(findAll(".chats")).toEqual([]);
    expect(textOf(".bubble")).toBe("What is a tenant?");
    expect(chat.state.currentChat).toMatchObject({ id: "chat-1", title: "Title of chat-1" });
    expect(chatPage.focused()).toBe(find(".input"));
    find(".show-chats").click();
    await shows(".chat-row", 3);
    expect(findAll("[aria-current=true]").map(({ textContent }) => textContent)).toEqual([
      expect.stringContaining("Title of chat-1"),
    ]);
  });

  test("is left by Escape and by its button, and then the chat is as it was", async () => {
    const { chat, find, findAll, rendered, focused, shows } = await openList();
    await userEvent.keyboard("{Escape}");
    await rendered();
    expect(findAll(".chats")).toEqual([]);
    expect(chat.open).toBe(true);
    expect(focused()).toBe(find(".show-chats"));
    find(".show-chats").click();
    await shows(".chats");
    find(".back").click();
    await rendered();
    expect(findAll(".chats")).toEqual([]);
  });

  test("loads what is earlier when it is asked for, and the focus goes there", async () => {
    const { rest, find, findAll, focused, shows } = await openVisitor();
    rest.pageSize = 2;
    find(".show-chats").click();
    await shows(".chat-row", 2);
    find(".more").click();
    await shows(".chat-row", 3);
    await vi.waitUntil(() => focused()?.textContent.includes("Title of chat-1"));
    expect(findAll(".more")).toEqual([]);
  });

  test("says when there are none", async () => {
    const { find, findAll, textOf, shows } = await mountChat({ open: "" });
    find(".show-chats").click();
    await shows(".empty");
    expect(textOf(".empty h3")).toBe("No chats yet");
    expect(findAll(".chat-row, .failure")).toEqual([]);
  });

  test("says when it can't be loaded, and is tried again", async () => {
    const { rest, find, findAll, textOf, shows } = await openVisitor();
    rest.intercept = () => {
      throw new TypeError("Failed to fetch");
    };
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    find(".show-chats").click();
    await shows(".chats .failure");
    expect(textOf(".failure p")).toBe("Your chats could not be loaded.");
    expect(findAll(".empty")).toEqual([]);
    rest.intercept = undefined;
    find(".failure button").click();
    await shows(".chat-row", 3);
    expect(findAll(".failure")).toEqual([]);
  });

  test("shows that it is being loaded", async () => {
    const { rest, find, textOf, shows } = await openVisitor();
    let answerCall = () => {};
    rest.intercept = () => new Promise((resolve) => (answerCall = () => resolve(undefined)));
    find(".show-chats").click();
    await shows(".loading");
    expect(textOf(".loading")).toBe("Loading your chats…");
    expect(find(".chats").ariaBusy).toBe("true");
    answerCall();
    await shows(".chat-row", 3);
  });
});

describe("a chat of the list", () => {
  test("is renamed by the keyboard alone", async () => {
    const chatPage = await openList();
    const { find, findAll, focused, shows, rest } = chatPage;
    findAll(".rename")[1]?.focus();
    await userEvent.keyboard("{Enter}");
    await shows(".chat-row input");
    expect(focused()).toBe(find(".chat-row input"));
    await userEvent.keyboard("Garden{Enter}");
    await vi.waitUntil(() => titles(chatPage)[1] === "Garden");
    expect(rest.chats.get("chat-2")?.chat.title).toBe("Garden");
    await chatPage.rendered();
    expect(focused()).toBe(findAll(".rename")[1]);
    expect(find(".announcer").textContent).toBe("The chat was renamed.");
  });

  test.each(["{Escape}", "{Backspace}{Enter}"])(
    "keeps its name after %s, and the list stays",
    async (keys) => {
      const chatPage = await openList();
      const { findAll, focused, rendered, rest, shows } = chatPage;
      findAll(".rename")[1]?.click();
      await shows(".chat-row input");
      await userEvent.keyboard(keys);
      await rendered();
      expect(titles(chatPage)).toHaveLength(3);
      expect(titles(chatPage)[1]).toBe("Title of chat-2");
      expect(focused()).toBe(findAll(".rename")[1]);
      expect(rest.calls.map(({ method }) => method)).toEqual(["GET"]);
    },
  );

  test("is deleted after one more question, and not by a slip", async () => {
    const chatPage = await openList();
    const { find, findAll, focused, shows, rest } = chatPage;
    findAll(".delete")[1]?.click();
    await shows(".confirm");
    expect(find(".confirm").textContent).toContain("Delete this chat for good?");
    expect(focused()).toBe(find(".cancel"));
    await userEvent.keyboard("{Enter}");
    await shows(".confirm", 0);
    expect(focused()).toBe(findAll(".delete")[1]);

    findAll(".delete")[1]?.click();
    await shows(".danger");
    find(".danger").click();
    await shows(".chat-row", 2);
    expect(titles(chatPage)).toEqual(["Title of chat-3", "Title of chat-1"]);
    expect([...rest.chats.keys()]).toEqual(["chat-3", "chat-1"]);
    expect(find(".announcer").textContent).toBe("The chat was deleted.");
    expect(focused()).toBe(find(".back"));
  });

  test("that is open and is deleted gives way to a new one", async () => {
    const { chat, find, findAll, shows } = await openList();
    findAll(".chat-open")[2]?.click();
    await shows(".answer");
    find(".show-chats").click();
    await shows(".chat-row", 3);
    findAll(".delete")[2]?.click();
    await shows(".danger");
    find(".danger").click();
    await shows(".chat-row", 2);
    find(".back").click();
    await shows(".welcome");
    expect(chat.state.currentChat).toBeNull();
  });

  test.each([
    ["rename", "PATCH"],
    ["delete", "DELETE"],
  ])("says when it was not done (%s)", async (kind, method) => {
    const { rest, find, findAll, textOf, shows } = await openList();
    rest.intercept = (call) =>
      call.method === method ? restError(503, "SERVICE_UNAVAILABLE") : undefined;
    findAll(`.${kind}`)[0]?.click();
    await shows(".cancel");
    if (kind === "rename") await userEvent.keyboard("Garden{Enter}");
    else find(".danger").click();
    await shows(".chat-row .note");
    expect(textOf(".chat-row .note")).toContain("try again");
    expect(findAll(".chat-row")).toHaveLength(3);
  });
});

describe("a new chat", () => {
  test("is begun by a button, and the composer has the focus", async () => {
    const { chat, find, findAll, focused, greet, ask, rendered } = await mountChat({ open: "" });
    await greet();
    expect(find<HTMLButtonElement>(".new-chat").disabled).toBe(true);
    (await ask()).push(start(), chunk("A", 0), complete());
    await rendered();
    find(".new-chat").click();
    await rendered();
    expect(findAll(".message")).toEqual([]);
    expect(findAll(".welcome")).toHaveLength(1);
    expect(focused()).toBe(find(".input"));
    expect(chat.state.currentChat).toBeNull();
  });

  test("can't be begun while a question waits", async () => {
    const { chat, find, greet, rendered } = await mountChat({ open: "" });
    await greet();
    chat.ask("What?");
    await rendered();
    expect(find<HTMLButtonElement>(".new-chat").disabled).toBe(true);
    expect(chat.newChat()).toBe(false);
  });
});
