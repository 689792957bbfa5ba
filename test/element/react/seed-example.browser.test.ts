import { act, createElement } from "react";
import { expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { useWidgetStore } from "../../../element/react/react.ts";
import { chunk, complete, processing, source, start } from "../support/frames.ts";
import { mountReact, playServer } from "./react-page.ts";
import { ChatWidget } from "./seed-example.tsx";

test.each([
  ["", false],
  [" in StrictMode, whose effects run twice,", true],
])(
  "the seed's example%s connects once, asks once, and shows the answer as it comes",
  async (_, isStrict) => {
    const server = playServer();
    const { container, unmount } = await mountReact(createElement(ChatWidget), isStrict);
    const status = () => container.querySelector("[role=status]")?.textContent.trim();
    const shown = () => [...container.querySelectorAll("li")].map((item) => item.textContent);

    expect(status()).toBe("Connecting…");
    const { url } = server.current;
    expect(url.origin + url.pathname).toBe("ws://localhost:8000/api/v1/ws/chat");
    expect(url.searchParams.get("tenant_id")).toBe("miptech-company");
    await server.greet();
    expect(status()).toBe("Online");

    await act(async () => {
      await userEvent.fill(page.getByLabelText("Your question"), "What is a tenant?");
      await userEvent.keyboard("{Enter}");
    });
    const socket = server.current;
    expect(socket.questions).toMatchObject([{ message: "What is a tenant?", stream: true }]);
    expect(shown()).toEqual(["What is a tenant?"]);

    await act(async () =>
      socket.push(
        processing(socket.questions[0]?.client_message_id),
        start(),
        chunk("A client", 0),
        chunk(" organ", 8),
      ),
    );
    expect(shown()).toEqual(["What is a tenant?", "A client organ"]);
    expect(useWidgetStore.getState().streaming).toEqual({
      isStreaming: true,
      currentMessageId: "answer-1",
      chunks: ["A client", " organ"],
    });

    await act(async () =>
      socket.push(chunk("isation.", 14), complete({ sources: [source(1)], total_tokens: 7 })),
    );
    expect(shown()).toEqual(["What is a tenant?", "A client organisation."]);
    const { messages, streaming } = useWidgetStore.getState();
    expect(streaming.isStreaming).toBe(false);
    expect(messages.at(-1)).toMatchObject({
      role: "assistant",
      status: "sent",
      metadata: { streaming: false, total_tokens: 7, sources: [{ number: 1 }] },
    });

    await unmount();
    expect(server.sockets).toHaveLength(1);
    expect(socket.closedWith).toBe(1000);
  },
);

test("it shows a lost connection, and its button tries at once", async () => {
  const server = playServer();
  const { container } = await mountReact(createElement(ChatWidget));
  await server.greet();
  expect(container.querySelector("button")).toBeNull();
  await act(async () => server.current.drop(1012));
  expect(container.querySelector("[role=status]")?.textContent.trim()).toBe("Connecting…");
  await act(async () => container.querySelector("button")?.click());
  expect(server.sockets).toHaveLength(2);
});
