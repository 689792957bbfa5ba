import { afterEach, describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import type { WsClient } from "../support/ws-client.ts";
import { listenRaw, type RawPlatform } from "./listen.ts";

let platform: RawPlatform;
afterEach(() => platform.close());

/** A visitor's chat under `chat_access: link`, in whose first turn a stranger reads. */
async function open() {
  platform = await listenRaw();
  const { answerer, accesses, tenants, store, gate } = platform;
  const visitor_token = await gate.visitorTokens.issue("demo", "vis_one");
  const visitor = await platform.dial({ visitor_token });
  visitor.send("chat_message", { message: "?" });
  const { message_id, chat_id } = (await visitor.until("processing")).data;
  const script = await answerer.nextTurn();
  const stranger = await platform.connect();
  stranger.send("resume", { message_id });
  await stranger.until("response_start");
  return {
    visitor,
    stranger,
    script,
    answer: { message_id, chat_id },
    claim: async () => {
      expect(await store.moveChats(makeTenant("demo"), "vis_one", "user_ann")).toBe(1);
    },
    async askForProof() {
      tenants.set(makeTenant("demo", { chat_access: "visitor" }));
      accesses.change({ tenantId: "demo" });
      await settle();
    },
  };
}

async function refusalOf(client: WsClient): Promise<unknown> {
  return (await client.until("error")).data.error_code;
}

describe("a stranger who reads a turn of a chat that was anybody's by its id", () => {
  test.each(["claim", "askForProof"] as const)(
    "reads it to its end, and begins nothing more: %s",
    async (lose) => {
      const world = await open();
      const { stranger, script, answer } = world;
      await world[lose]();
      script.push("Begun before");
      script.finish();
      expect((await stranger.until("response_chunk")).data.content).toBe("Begun before");
      await stranger.until("response_complete");
      stranger.send("resume", { message_id: answer.message_id });
      expect(await refusalOf(stranger)).toBe("MESSAGE_NOT_FOUND");
      stranger.send("chat_message", { message: "?", chat_id: answer.chat_id });
      expect(await refusalOf(stranger)).toBe("CHAT_NOT_FOUND");
    },
  );
});
