import { drawAnswer, type AnswerPlan } from "./answer-plan.ts";
import { createRandom, type Random } from "./random.ts";

/** Through which a client asks or reads: raw WebSocket, REST with server-sent events, GraphQL over both. */
export type DoorName = "ws" | "rest" | "graphql-ws" | "graphql-sse";

export interface TurnPlan {
  /** Stands in the question and in the answer; `<conversation>.<turn>`. */
  readonly tag: string;
  readonly answer: AnswerPlan;
  readonly door: DoorName;
  /** How the key of the question is said over REST. */
  readonly key: "header" | "field";
  /** Asked when the turn before has been accepted, not when it has ended. */
  readonly isEarly: boolean;
}

export interface ReaderPlan {
  readonly door: DoorName;
  /** One turn, or all turns of the chat one after another. */
  readonly scope: "turn" | "chat";
  /** The turn that is read, from 0. */
  readonly turn: number;
  /** How long after the turn was accepted. */
  readonly joinsAfterMs: number;
  /** It goes after so many events and comes back after a while. */
  readonly absences: readonly { readonly afterEvents: number; readonly ms: number }[];
}

/** One chat: who asks what, and who else reads. */
export interface ConversationPlan {
  readonly index: number;
  readonly tenant: number;
  readonly turns: readonly TurnPlan[];
  /** Besides those who ask. */
  readonly readers: readonly ReaderPlan[];
}

const doors: readonly DoorName[] = ["ws", "rest", "graphql-ws", "graphql-sse"];

export function drawConversation(seed: number, index: number, tenants: number): ConversationPlan {
  const random = createRandom(seed, `conversation ${index}`);
  const count = random.weigh({ 1: 5, 2: 3, 3: 2 });
  const turns = Array.from({ length: Number(count) }, (_, turn): TurnPlan => {
    return {
      tag: `${index}.${turn}`,
      answer: drawAnswer(random),
      door: random.pick(doors),
      key: random.pick(["header", "field"]),
      isEarly: random.chance(0.4),
    };
  });
  const readers = Array.from({ length: random.integer(1, 3) }, () =>
    drawReader(random, turns.length),
  );
  return { index, tenant: random.integer(0, tenants - 1), turns, readers };
}

function drawReader(random: Random, turns: number): ReaderPlan {
  const door = random.pick(doors);
  const scope = door !== "ws" && random.chance(0.5) ? "chat" : "turn";
  const absences = Array.from({ length: random.integer(0, 2) }, () => ({
    afterEvents: random.integer(1, 40),
    ms: random.integer(50, 5000),
  }));
  return {
    door,
    scope,
    turn: scope === "chat" ? 0 : random.integer(0, turns - 1),
    joinsAfterMs: random.chance(0.5) ? 0 : random.integer(100, 9000),
    absences,
  };
}
