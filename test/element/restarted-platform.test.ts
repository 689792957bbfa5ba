import type {} from "../support/global-setup.ts";
import { afterEach, expect, test } from "vitest";
import { ChatClient } from "../../element/client/chat-client.ts";
import { browserEnvironment } from "../../element/client/environment.ts";
import type { WidgetState } from "../../element/client/state.ts";
import {
  insertTenant,
  startPlatform,
  teach,
  type Platform,
  type PlatformOptions,
} from "../support/platform.ts";

let platform: Platform;
let client: ChatClient;
afterEach(async () => {
  client.disconnect();
  await platform.close();
});

/** The headless client as a program would use it, with the platform wherever it stands now. */
function createClient(told: string[]): ChatClient {
  const config = () => ({
    apiUrl: platform.url,
    tenantId: "acme",
    onError: (error: Error) => told.push(error.message),
  });
  // Node's socket names no origin, so it is let in without one being allowed.
  return new ChatClient(config, { environment: { ...browserEnvironment, random: () => 0.1 } });
}

const until = (isSo: (state: WidgetState) => boolean) =>
  new Promise<void>((resolve) => {
    if (isSo(client.state)) return resolve();
    const leave = client.subscribe((state) => {
      if (!isSo(state)) return;
      leave();
      resolve();
    });
  });

async function restart(options: PlatformOptions): Promise<void> {
  const { database } = platform;
  await platform.stop();
  platform = await startPlatform({ ...options, database });
}

test("a conversation goes through restarts of the platform in mid-answer, and nobody is told of an error", async () => {
  const options = { env: { EXTRACTIVE_PACE_MS: "15" } };
  platform = await startPlatform(options);
  await insertTenant(platform, "acme");
  await teach(platform, "acme");
  const told: string[] = [];
  const shown: string[] = [];
  client = createClient(told);
  client.subscribe(({ connection, messages }) => {
    if (connection.status === "error") shown.push("gave up");
    for (const { status, metadata } of messages)
      if (status === "error") shown.push(String(metadata?.error?.code));
  });
  client.connect();

  for (const question of ["How do I water tomatoes?", "When do I sow beans?"]) {
    client.ask(question);
    await until(({ messages }) =>
      Boolean(messages.at(-1)?.metadata?.streaming && messages.at(-1)?.content),
    );
    await restart(options);
    await until(({ streaming }) => !streaming.isStreaming);
  }
  expect(shown).toEqual([]);
  expect(told).toEqual([]);

  const { messages, currentChat } = client.state;
  const response = await fetch(`${platform.url}/api/v1/chat/${currentChat?.id}/messages`, {
    headers: { "X-Tenant-ID": "acme" },
  });
  const { items } = (await response.json()) as { items: { id: string; content: string }[] };
  expect(messages.map(({ id, content }) => ({ id, content }))).toEqual(
    items.map(({ id, content }) => ({ id, content })),
  );
  expect(items).toHaveLength(4);
  expect(messages.at(-1)?.content).toContain("last frost 🌱");
});
