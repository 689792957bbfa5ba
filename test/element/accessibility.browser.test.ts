import axe from "axe-core";
import { describe, expect, test, vi } from "vitest";
import { mountChat, type ChatPage } from "./support/chat-page.ts";
import { restError } from "./support/fake-rest.ts";
import {
  chunk,
  complete,
  failure,
  greeting,
  rateLimit,
  refusal,
  source,
  start,
} from "./support/frames.ts";

const answer = `# What a tenant is

A **tenant** is a [client](https://a.example), as \`acme\` [1]. More at <https://b.example>.

- [x] One schema
- [ ] One *set* of documents

> Quoted

\`\`\`ts
const tenant = "acme";
\`\`\`

|a|b|
|-|-|
|1|2|
`;

async function answered(chatPage: ChatPage): Promise<void> {
  await chatPage.greet();
  const socket = await chatPage.ask();
  socket.push(start(), chunk(answer, 0));
  socket.push(complete({ sources: [source(1)], degraded: ["model_unavailable"] }));
  await chatPage.rendered();
}

async function listed(chatPage: ChatPage): Promise<void> {
  chatPage.server.current.push(greeting({ visitor_token: "visitor-1" }));
  for (const id of ["chat-2", "chat-1"]) chatPage.rest.keep(id);
  chatPage.chat.openChat("chat-1");
  await chatPage.shows(".welcome");
  chatPage.chat.showChats();
  await chatPage.shows(".chat-row", 2);
}

/** What is looked at, each from an open and unconnected chat on. */
const states: Record<string, (chatPage: ChatPage) => Promise<unknown>> = {
  "an empty chat": ({ greet }) => greet(),
  "a chat that is connecting": ({ rendered }) => rendered(),
  "an answer under way": async ({ greet, ask, rendered }) => {
    await greet();
    (await ask()).push(start(), chunk(answer.slice(0, 40), 0));
    await rendered();
  },
  "an answer with all that it can have": async (chatPage) => {
    await answered(chatPage);
    chatPage.find("summary").click();
    chatPage.find(".rate.down").click();
    await chatPage.rendered();
  },
  "an answer that is liked": async (chatPage) => {
    await answered(chatPage);
    chatPage.find(".rate.up").click();
    await chatPage.rendered();
  },
  "an answer that failed, and a question that came too often": async ({
    chat,
    greet,
    ask,
    rendered,
  }) => {
    await greet();
    const socket = await ask();
    socket.push(start(), chunk("A ten", 0), failure());
    chat.ask("Again?");
    socket.push(
      rateLimit(9, { client_message_id: socket.questions.at(-1)?.client_message_id ?? "" }),
    );
    await rendered();
  },
  "the list of chats": listed,
  "a chat that is renamed": async (chatPage) => {
    await listed(chatPage);
    chatPage.findAll(".rename")[1]?.click();
    await chatPage.rendered();
  },
  "a chat that is deleted": async (chatPage) => {
    await listed(chatPage);
    chatPage.find(".delete").click();
    await chatPage.rendered();
  },
  "no chats": async ({ chat, shows }) => {
    chat.showChats();
    await shows(".empty");
  },
  "chats that can't be loaded": async ({ chat, server, rest, shows }) => {
    server.current.push(greeting({ visitor_token: "visitor-1" }));
    rest.intercept = () => restError(503, "SERVICE_UNAVAILABLE");
    chat.showChats();
    await shows(".chats .failure");
  },
  "a chat that is refused": async ({ server, rendered }) => {
    server.current.push(refusal("ORIGIN_NOT_ALLOWED"));
    server.current.drop(4403);
    await rendered();
  },
  "a lost connection": async ({ greet, rendered }) => {
    (await greet()).drop();
    await rendered();
  },
  "a closed chat with an answer that was not read": async (chatPage) => {
    chatPage.chat.hide();
    await answered(chatPage);
  },
};

describe.each(["light", "dark"])("in the %s theme", (theme) => {
  test.each(Object.keys(states))("%s has no fault that axe knows of", async (name) => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const chatPage = await mountChat({ open: "", theme, "reconnect-interval": "1000000" });
    document.body.style.background = theme === "dark" ? "#101314" : "#fbfbf9";
    await states[name]?.(chatPage);
    for (const animation of chatPage.chat.shadowRoot?.getAnimations() ?? []) animation.cancel();
    const { violations, passes } = await axe.run(chatPage.chat, {
      // The page around the chat is the tests' own.
      rules: { region: { enabled: false } },
    });
    const faults = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${any.map(({ message }) => message).join()} ${html}`),
    );
    expect(faults).toEqual([]);
    expect(passes.map(({ id }) => id)).toContain("color-contrast");
  });
});
