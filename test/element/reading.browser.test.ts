import { describe, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import { mountChat, type ChatPage } from "./support/chat-page.ts";
import { chunk, complete, failure, refusal, source, start } from "./support/frames.ts";

const focused = ({ chat }: ChatPage) => chat.shadowRoot?.activeElement;
const answers = "An answer of a few words.\n\n".repeat(60);

describe("the keyboard", () => {
  test("opens the chat into its composer, and Escape leads back to the bubble", async () => {
    const chatPage = await mountChat();
    const { chat, greet, find, rendered } = chatPage;
    await greet();
    expect(getComputedStyle(find(".panel")).visibility).toBe("hidden");
    find(".launcher").focus();
    await userEvent.keyboard("{Enter}");
    await rendered();
    expect(chat.open).toBe(true);
    expect(focused(chatPage)).toBe(find("textarea"));
    await userEvent.keyboard("{Escape}");
    await rendered();
    expect(chat.open).toBe(false);
    expect(focused(chatPage)).toBe(find(".launcher"));
  });

  test("stays with the page when that loads with an open chat", async () => {
    const { focused } = await mountChat({ open: "" });
    expect(focused()).toBeNull();
  });

  test("Escape in a chat without a panel of its own is left to the page", async () => {
    const heard: string[] = [];
    const { find } = await mountChat({ mode: "inline" });
    document.body.addEventListener("keydown", ({ key }) => heard.push(key), { once: true });
    find("textarea").focus();
    await userEvent.keyboard("{Escape}");
    expect(heard).toEqual(["Escape"]);
  });

  test("Enter sends, Shift+Enter begins a line", async () => {
    const { greet, find, rendered } = await mountChat({ open: "" });
    const socket = await greet();
    const input = find<HTMLTextAreaElement>("textarea");
    input.focus();
    await userEvent.keyboard("one{Shift>}{Enter}{/Shift}two");
    expect(input.value).toBe("one\ntwo");
    expect(socket.questions).toEqual([]);
    expect(input.clientHeight).toBeGreaterThan(50);
    await userEvent.keyboard("{Enter}");
    await rendered();
    expect(socket.questions).toMatchObject([{ message: "one\ntwo" }]);
    expect(input.value).toBe("");
    expect(input.clientHeight).toBeLessThan(50);
  });

  test.each([
    ["isComposing", { isComposing: true }],
    ["the key code of Safari", { keyCode: 229 }],
  ])("Enter that ends a composed word sends nothing (%s)", async (_, init) => {
    const { greet, find } = await mountChat({ open: "" });
    const socket = await greet();
    const input = find<HTMLTextAreaElement>("textarea");
    input.focus();
    await userEvent.keyboard("かな");
    input.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...init }),
    );
    expect(socket.questions).toEqual([]);
    expect(input.value).toBe("かな");
  });

  test("what is written while an answer comes stays, and is sent by nobody", async () => {
    const { greet, ask, find } = await mountChat({ open: "" });
    await greet();
    const socket = await ask();
    find("textarea").focus();
    await userEvent.keyboard("next{Enter}");
    expect(socket.questions).toHaveLength(1);
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("next");
  });

  test("reaches everything, in order, and nothing of a closed panel", async () => {
    const chatPage = await mountChat({ open: "", suggestions: "One?" });
    const { chat, greet, find, rendered } = chatPage;
    await greet();
    find(".panel").focus();
    const reached: (string | undefined)[] = [];
    for (let step = 0; step < 6; step += 1) {
      await userEvent.keyboard("{Tab}");
      reached.push(focused(chatPage)?.getAttribute("part") ?? undefined);
    }
    expect(reached).toEqual(["show-chats", "close", "log", "suggestion", "input", "launcher"]);
    chat.hide();
    await rendered();
    find(".launcher").focus();
    await userEvent.keyboard("{Shift>}{Tab}{/Shift}");
    expect(focused(chatPage)).toBeNull();
  });
});

describe("a screen reader", () => {
  test("hears each finished answer once, and none of its pieces", async () => {
    const { chat, greet, ask, find, rendered } = await mountChat({ open: "" });
    const live = () => find(".announcer").textContent;
    await greet();
    const socket = await ask();
    const spoken: string[] = [];
    const observer = new MutationObserver(() => spoken.push(live()));
    observer.observe(find(".announcer"), {
      childList: true,
      characterData: true,
      subtree: true,
    });
    socket.push(start(), chunk("It is **so**", 0));
    await rendered();
    expect(live()).toBe("");
    socket.push(complete({ sources: [source(1)] }));
    await rendered();
    chat.show();
    chat.requestUpdate();
    await rendered();
    expect(spoken).toEqual(["Answer: It is so"]);
    observer.disconnect();
  });

  test("hears what failed", async () => {
    const { chat, greet, ask, find, rendered } = await mountChat();
    await greet();
    const socket = await ask();
    socket.push(start(), failure());
    await rendered();
    expect(find(".announcer").textContent).toContain("The model stopped answering");
    chat.ask("Again?");
    await rendered();
    const client_message_id = socket.questions.at(-1)?.client_message_id ?? "";
    socket.push(refusal("QUOTA_EXCEEDED", { client_message_id }));
    await rendered();
    expect(find(".announcer").textContent).toContain("QUOTA_EXCEEDED");
  });

  test("finds a name for everything that can be pressed, and a named dialog and log", async () => {
    const { greet, ask, find, findAll, rendered } = await mountChat({
      open: "",
      heading: "Helper",
    });
    await greet();
    const socket = await ask();
    socket.push(start(), chunk("So [1].", 0), complete({ sources: [source(1)] }));
    await rendered();
    for (const button of findAll("button, summary, a")) {
      expect(button.ariaLabel || button.textContent.trim(), button.outerHTML).not.toBe("");
    }
    for (const image of findAll("svg")) expect(image.getAttribute("aria-hidden")).toBe("true");
    expect(find(".panel").getAttribute("role")).toBe("dialog");
    expect(find(`#${find(".panel").getAttribute("aria-labelledby")}`).textContent).toBe("Helper");
    expect(find(".log").getAttribute("aria-live")).toBe("off");
    expect(findAll("article").map((article) => article.ariaLabel)).toEqual(["You", "Helper"]);
    expect(find("textarea").ariaLabel).toBe("Your question");
  });

  test("is told of answers that came while the chat was closed", async () => {
    const { chat, greet, ask, find, findAll, rendered } = await mountChat();
    await greet();
    (await ask()).push(start(), chunk("Yes", 0), complete());
    await rendered();
    expect(find(".launcher").ariaLabel).toBe("Open the chat, 1 new answer");
    expect(find(".badge").textContent).toBe("1");
    chat.show();
    await rendered();
    expect(findAll(".badge")).toEqual([]);
  });
});

describe("the log", () => {
  const gap = (log: HTMLElement) => log.scrollHeight - log.clientHeight - log.scrollTop;
  const scrolled = (log: HTMLElement) =>
    new Promise((resolve) => log.addEventListener("scroll", resolve, { once: true }));

  test("follows a growing answer while its reader is at the end", async () => {
    const { greet, ask, find, rendered } = await mountChat({ open: "" });
    await greet();
    const socket = await ask();
    socket.push(start(), chunk(answers, 0));
    await rendered();
    expect(find(".log").scrollTop).toBeGreaterThan(500);
    expect(gap(find(".log"))).toBeLessThanOrEqual(1);
  });

  test("leaves a reader alone who has scrolled up, and offers the way back", async () => {
    const { greet, ask, find, findAll, rendered } = await mountChat({ open: "" });
    await greet();
    const socket = await ask();
    socket.push(start(), chunk(answers, 0));
    await rendered();
    const log = find(".log");
    await scrolled(log);
    const upwards = scrolled(log);
    log.scrollTop -= 40;
    await upwards;
    await rendered();
    expect(findAll(".jump")).toHaveLength(1);
    const { scrollTop } = log;
    socket.push(chunk(answers, answers.length));
    await rendered();
    expect(log.scrollTop).toBe(scrollTop);

    find(".jump").click();
    await rendered();
    expect(gap(log)).toBeLessThanOrEqual(1);
    expect(findAll(".jump")).toEqual([]);
    socket.push(chunk(answers, answers.length * 2));
    await rendered();
    expect(gap(log)).toBeLessThanOrEqual(1);
  });

  test("goes to the end when its reader asks", async () => {
    const { chat, greet, ask, find, findAll, rendered } = await mountChat({ open: "" });
    await greet();
    (await ask()).push(start(), chunk(answers, 0), complete());
    await rendered();
    const log = find(".log");
    await scrolled(log);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const upwards = scrolled(log);
    log.scrollTop = 0;
    await upwards;
    await rendered();
    expect(findAll(".jump")).toHaveLength(1);
    chat.ask("And then?");
    await rendered();
    expect(gap(log)).toBeLessThanOrEqual(1);
  });
});
