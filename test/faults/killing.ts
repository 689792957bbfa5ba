import { setTimeout as sleep } from "node:timers/promises";
import { longAnswer } from "./answer-plan.ts";
import type { ConversationPlan, TurnPlan } from "./conversation-plan.ts";
import { holdConversation, type Conversation, type Stage } from "./conversation.ts";
import { leaseMs } from "./fault.ts";
import type { TakeoverWatch } from "./takeovers.ts";
import type { World } from "./world.ts";

export interface KillingOptions {
  readonly rounds: number;
  /** Each turn loses so many servers; the third one ends it. */
  readonly killsPerRound: number;
  readonly answerSeconds: number;
}

/** Conversations that are under way at each kill. */
const conversations = 5;
/** So long a turn streams before its server is killed: it has a checkpoint by then. */
const streamMs = 1600;
/** A server must have been up for so long before it can be expected to take over. */
const restMs = 2 * leaseMs;
const upMs = 90_000;

/**
 * Kills servers in the middle of long answers, while nothing else goes wrong, so that each takeover can be
 * measured. The turns go from server to server.
 * @returns the conversations, which may still be under way.
 */
export async function killProducers(
  world: World,
  stage: Stage,
  takeovers: TakeoverWatch,
  { rounds, killsPerRound, answerSeconds }: KillingOptions,
): Promise<readonly Promise<Conversation>[]> {
  const held: Promise<Conversation>[] = [];
  for (let round = 0; round < rounds && !stage.over.aborted; round += 1) {
    await waitUntilAllUp(world, stage.over);
    const tags = Array.from({ length: conversations }, (_, index) => `k${round}.${index}`);
    // All is asked at one server, so that its death concerns all.
    const asking = { ...stage, askAt: world.proxies[round % world.proxies.length]?.origin ?? "" };
    const plans = tags.map((tag, index) => plan(tag, index, answerSeconds));
    held.push(...plans.map((each) => holdConversation(asking, each)));
    let victim = round % world.servers.length;
    for (let kill = 0; kill < killsPerRound; kill += 1) {
      await sleep(streamMs);
      await world.servers[victim]?.crash(0, () => takeovers.noteDeath(victim));
      await takeovers.settle();
      if (kill + 1 < killsPerRound) await waitUntilAllUp(world, stage.over);
      victim = (victim + 1) % world.servers.length;
    }
  }
  return held;
}

function plan(tag: string, index: number, seconds: number): ConversationPlan {
  const doors = ["ws", "rest", "graphql-ws", "graphql-sse"] as const;
  const door = doors[index % doors.length] ?? "ws";
  const turn: TurnPlan = {
    tag,
    door,
    answer: longAnswer(seconds),
    key: "header",
    isEarly: false,
  };
  return { index: -1, tenant: index % 2, turns: [turn], readers: [] };
}

async function waitUntilAllUp({ servers }: World, over: AbortSignal): Promise<void> {
  const until = Date.now() + upMs;
  const isRested = () =>
    servers.every(({ upSince }) => upSince > 0 && upSince < Date.now() - restMs);
  while (!isRested() && !over.aborted) {
    if (Date.now() > until) throw new Error("Not all servers come up");
    await sleep(50);
  }
}
