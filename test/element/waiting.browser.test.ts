import { describe, expect, test, vi } from "vitest";
import { mountChat, stubFetch, stubWebSocket } from "./support/chat-page.ts";
import { greeting, processing, refusal } from "./support/frames.ts";

function type(input: HTMLTextAreaElement, question: string): void {
  input.value = question;
  input.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
const enter = (input: HTMLTextAreaElement) =>
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));

test("what is written without a line is shown as waiting, one after another, and goes out once when it is back", async () => {
  const { server, greet, find, findAll, rendered } = await mountChat({ open: "" });
  (await greet()).drop();
  await rendered();
  const input = find<HTMLTextAreaElement>("textarea");
  for (const question of ["One", "Two"]) {
    type(input, question);
    await rendered();
    enter(input);
    await rendered();
  }
  expect(input.value).toBe("");
  const notes = () => findAll(".note").map((note) => note.textContent);
  const waiting = "Not sent yet: waiting for a connection";
  expect(notes()).toEqual([waiting, waiting]);
  expect(findAll(".thinking")).toEqual([]);

  const socket = await greet();
  expect(socket.questions.map(({ message }) => message)).toEqual(["One"]);
  expect(findAll(".thinking")).toHaveLength(1);
  expect(notes()).toEqual(["Sending…"]);
  socket.push(processing(socket.questions[0]?.client_message_id));
  await rendered();
  expect(socket.questions.map(({ message }) => message)).toEqual(["One", "Two"]);
  expect(notes()).toEqual([]);
  expect(server.current).toBe(socket);
});

test("without a line the button takes the last question back, and sends what is written", async () => {
  const { find, rendered, chat } = await mountChat({ open: "" });
  chat.ask("One");
  await rendered();
  const input = find<HTMLTextAreaElement>("textarea");
  expect(find(".stop").ariaLabel).toBe("Stop the answer");
  type(input, "Two");
  await rendered();
  find("button[type=submit].send").click();
  await rendered();
  find(".stop").click();
  await rendered();
  expect(input.value).toBe("Two");
  expect(chat.state.messages.map(({ content }) => content)).toEqual(["One"]);
  find("button[type=submit].send").click();
  await rendered();
  expect(chat.state.messages.map(({ content }) => content)).toEqual(["One", "Two"]);
});

test("a question that the server can't take for the moment is being sent, and nothing looks like an error", async () => {
  const onError = vi.fn();
  const { chat, greet, textOf, findAll, rendered } = await mountChat({ open: "" });
  chat.onError = onError;
  const socket = await greet();
  chat.ask("What?");
  const { client_message_id = "" } = socket.questions[0] ?? {};
  socket.push(
    refusal("SERVICE_UNAVAILABLE", {
      client_message_id: String(client_message_id),
      retry_after: 9,
    }),
  );
  await rendered();
  expect(textOf(".note")).toBe("Sending…");
  expect([...findAll(".failure"), ...findAll(".banner")]).toEqual([]);
  expect(onError).not.toHaveBeenCalled();
});

describe("a question that waits", () => {
  const owner = "https://api.example|acme|u|";
  const place = (tab: string) => `miptech:pending:${owner}|0|${tab}`;
  const leave = (tab: string, text: string, at = Date.now()) =>
    localStorage.setItem(
      place(tab),
      JSON.stringify([{ clientMessageId: `cm-${tab}`, text, chatId: null, at, sent: false }]),
    );
  const mount = () => mountChat({ "user-id": "u" });

  test("is still there after a reload, and goes out then", async () => {
    const server = stubWebSocket();
    const rest = stubFetch();
    const before = await mountChat({ "user-id": "u" }, server, rest);
    before.chat.ask("What?");
    before.chat.remove();
    const { chat } = await mountChat({ "user-id": "u" }, server, rest);
    expect(chat.state.messages).toMatchObject([{ content: "What?", status: "sending" }]);
    server.current.push(greeting());
    expect(server.current.questions).toMatchObject([{ message: "What?" }]);
    server.current.push(processing(server.current.questions[0]?.client_message_id));
    expect(Object.keys(localStorage).filter((key) => key.includes("pending"))).toEqual([]);
  });

  test("in a tab that was closed is taken up by the next load, and is that tab's from then on", async () => {
    leave("closed", "Waiting?");
    const { chat, greet } = await mount();
    await vi.waitUntil(() => chat.state.messages.length > 0);
    expect(localStorage.getItem(place("closed"))).toBeNull();
    const own = Object.keys(localStorage).filter((key) => key.includes(":pending:"));
    expect(own).toHaveLength(1);
    const socket = await greet();
    expect(socket.questions).toMatchObject([
      { message: "Waiting?", client_message_id: "cm-closed" },
    ]);
  });

  test("in a tab that is open is left to it", async () => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const other = frame.contentWindow?.navigator.locks;
    await new Promise((resolve) => {
      void other?.request(place("open"), () => new Promise(() => resolve(undefined)));
    });
    leave("open", "Theirs");
    leave("closed", "Waiting?");
    const first = await mount();
    await vi.waitUntil(() => first.chat.state.messages.length > 0);
    expect(first.chat.state.messages.map(({ content }) => content)).toEqual(["Waiting?"]);
    first.chat.remove();
    expect(localStorage.getItem(place("open"))).not.toBeNull();

    // Its tab is closed: the browser frees what it held.
    frame.remove();
    await vi.waitUntil(async () => {
      const { held = [] } = await navigator.locks.query();
      return !held.some(({ name }) => name === place("open"));
    });
    const second = await mount();
    await vi.waitUntil(() => second.chat.state.messages.length === 2);
  });

  test("is held for as long as it waits, and no longer", async () => {
    const { chat, greet, rendered } = await mount();
    chat.ask("What?");
    const [own] = Object.keys(localStorage).filter((key) => key.includes(":pending:"));
    const isHeld = async () => {
      const { held = [] } = await navigator.locks.query();
      return held.some(({ name }) => name === own);
    };
    await vi.waitUntil(isHeld);
    const socket = await greet();
    socket.push(processing(socket.questions[0]?.client_message_id));
    await rendered();
    await vi.waitUntil(async () => !(await isHeld()));
  });

  test("for more than a day in a tab that was closed is forgotten", async () => {
    leave("old", "Old?", Date.now() - 25 * 3_600_000);
    const { chat } = await mount();
    await vi.waitUntil(() => localStorage.getItem(place("old")) === null);
    expect(chat.state.messages).toEqual([]);
  });

  test("is taken up at once where the browser has no locks", async () => {
    vi.spyOn(navigator, "locks", "get").mockReturnValue(undefined as never);
    leave("closed", "Waiting?");
    const { chat } = await mount();
    await vi.waitUntil(() => chat.state.messages.length > 0);
    expect(localStorage.getItem(place("closed"))).toBeNull();
  });
});
