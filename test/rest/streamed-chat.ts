import { settle } from "../support/clock.ts";
import { createPlatform, prefix, type Platform, type PlatformOptions } from "./platform.ts";
import type { Script } from "./scripted-answerer.ts";

const sse = { Accept: "text/event-stream" };

/** A platform with one chat, and how it is asked and followed by events. */
export async function openChat(options: PlatformOptions = {}) {
  const platform = createPlatform(options);
  const chat = await platform.makeChat();
  const path = `${prefix}/chat/${chat.id}`;
  const post = (content: string) =>
    platform.call(`${path}/messages`, { json: { content }, headers: sse });
  const follow = (lastEventId?: string) =>
    platform.call(`${path}/events`, {
      headers: lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId },
    });
  return { ...platform, path, post, follow };
}

/** Publishes each piece by itself, though they'd else be joined over a while. */
export async function pushApart(
  { clock }: Platform,
  script: Script,
  pieces: readonly string[],
): Promise<void> {
  for (const piece of pieces) {
    script.push(piece);
    await settle();
    clock.advance(100);
  }
}

export const pieces = ["One ", "two ", "three ", "four."];
