import { randomUUID } from "node:crypto";
import type { ConversationPlan, TurnPlan } from "./conversation-plan.ts";
import type { Finding } from "./finding.ts";
import { writeQuestion, type Model } from "./model.ts";
import { createRandom } from "./random.ts";
import { rest } from "./rest.ts";
import { createReader, type Reader, type ReaderOptions } from "./reader.ts";
import type { TurnWatch } from "./turn-watch.ts";
import type { AcceptedTurn, Doors } from "./visit.ts";

/** Where conversations take place. */
export interface Stage {
  readonly seed: number;
  readonly origins: readonly string[];
  /** Where all questions are asked; undefined: anywhere. */
  readonly askAt?: string;
  readonly tenants: readonly string[];
  readonly doors: Doors;
  readonly model: Model;
  readonly watch: TurnWatch;
  /** Those who read at the moment. */
  readonly present: Set<Reader>;
  readonly onFinding: (finding: Finding) => void;
  /** Aborts when the run is given up. */
  readonly over: AbortSignal;
}

/** A turn that was asked for. */
export interface AskedTurn {
  readonly plan: TurnPlan;
  readonly tenantId: string;
  /** Undefined: it never was. */
  readonly accepted: AcceptedTurn | undefined;
}

export interface Conversation {
  readonly turns: readonly AskedTurn[];
  readonly readers: readonly Reader[];
}

interface Turn {
  readonly plan: TurnPlan;
  readonly accepted: PromiseWithResolvers<AcceptedTurn | undefined>;
  found: AcceptedTurn | undefined;
}

/** Asks the questions and lets all read, each to the end. */
export async function holdConversation(
  stage: Stage,
  plan: ConversationPlan,
): Promise<Conversation> {
  const { model, watch } = stage;
  const tenantId = stage.tenants[plan.tenant] ?? "";
  const readers: Reader[] = [];
  const turns = plan.turns.map((turn): Turn => {
    model.expect(turn.tag, turn.answer);
    return { plan: turn, accepted: Promise.withResolvers(), found: undefined };
  });
  let isAllAsked = false;

  async function read(
    name: string,
    options: Pick<ReaderOptions, "door" | "scope" | "absences" | "question" | "turns"> &
      Partial<Pick<ReaderOptions, "mayGrow" | "onAccepted">>,
  ): Promise<void> {
    const full = `${plan.index}-${name}-${options.door}-${options.scope}`;
    const reader = createReader({
      mayGrow: () => false,
      onAccepted: () => undefined,
      ...options,
      name: full,
      tenantId,
      doors: stage.doors,
      origins: stage.origins,
      firstOrigin: options.question && stage.askAt,
      random: createRandom(stage.seed, `reader ${full}`),
      endedAt: watch.endedAt,
      onFinding: (kind, text) => stage.onFinding({ kind, who: full, text }),
      over: stage.over,
    });
    readers.push(reader);
    stage.present.add(reader);
    await reader.run();
    stage.present.delete(reader);
  }

  async function ask(turn: Turn, index: number): Promise<void> {
    const { tag, door, key: keyIn } = turn.plan;
    const chatId = turns[0]?.found?.chatId;
    const content = writeQuestion(tag);
    await read(`asker${index}`, {
      door,
      scope: "turn",
      absences: [],
      question: { type: "ask", content, key: randomUUID(), keyIn, chatId },
      turns: () => (turn.found ? [turn.found] : []),
      mayGrow: () => turn.found === undefined,
      onAccepted(found) {
        if (turn.found) return;
        turn.found = found;
        watch.expect(found.messageId);
        turn.accepted.resolve(found);
      },
    });
    turn.accepted.resolve(undefined);
  }

  async function askAll(): Promise<void> {
    const asking: Promise<void>[] = [];
    for (const [index, turn] of turns.entries()) {
      if (index > 0 && !turn.plan.isEarly) await Promise.all(asking);
      if (index > 0 && !turns[0]?.found) break;
      asking.push(ask(turn, index));
      await turn.accepted.promise;
    }
    for (const turn of turns) turn.accepted.resolve(turn.found);
    isAllAsked = true;
    await Promise.all(asking);
  }

  async function follow(index: number): Promise<void> {
    const { door, scope, turn, joinsAfterMs, absences } = plan.readers[index] ?? never();
    const found = await turns[turn]?.accepted.promise;
    if (!found) return;
    await rest(joinsAfterMs, stage.over);
    const known = () => turns.flatMap(({ found: each }) => each ?? []);
    await read(`reader${index}`, {
      door,
      scope,
      absences,
      question: undefined,
      turns: scope === "chat" ? known : () => [found],
      mayGrow: () => scope === "chat" && !isAllAsked,
    });
  }

  await Promise.all([askAll(), ...plan.readers.map((_, index) => follow(index))]);
  return {
    turns: turns.map(({ plan: turn, found }) => ({ plan: turn, tenantId, accepted: found })),
    readers,
  };
}

function never(): never {
  throw new Error("There is no such reader");
}
