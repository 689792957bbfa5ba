import { createMemoryLimiter } from "../../api/adapters/memory/limiter.ts";
import { createMemoryStore } from "../../api/adapters/memory/store.ts";
import type { Caller } from "../../api/core/access/caller.ts";
import type { Message } from "../../api/core/message.ts";
import type { Answerer } from "../../api/core/answering/answerer.ts";
import type { BudgetStore } from "../../api/core/answering/budget.ts";
import type { ChatStore } from "../../api/core/ports.ts";
import type { Retriever } from "../../api/core/documents/retriever.ts";
import type { SavedTurn, TurnFinish, TurnStore } from "../../api/core/turns/turn-store.ts";
import type { FollowAccess } from "../../api/core/turns/follow-chat.ts";
import type { ReaderDeps } from "../../api/core/turns/read-turn.ts";
import { startTurn, type Question, type StartDeps } from "../../api/core/turns/start-turn.ts";
import type { Tenant } from "../../api/core/tenant.ts";
import type { TurnJob } from "../../api/core/turns/turn.ts";
import type { TurnEvent, TurnRef } from "../../api/core/turns/turn-event.ts";
import type { TurnStreams } from "../../api/core/turns/turn-streams.ts";
import { createTurnLog, type TurnLog } from "../../api/core/turns/turn-log.ts";
import { createTurnRunner, type TurnRunner } from "../../api/core/turns/turn-runner.ts";
import { createManualClock, settle, type ManualClock } from "./clock.ts";
import { createRecordingLogger } from "./logger.ts";
import { makeTenant } from "./tenant.ts";

/** What one process has of the core, over a store that several may share. */
export interface CoreProcess {
  readonly log: TurnLog;
  readonly runner: TurnRunner;
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
  readonly logger: ReturnType<typeof createRecordingLogger>;
  readonly ended: readonly { readonly job: TurnJob; readonly finish: TurnFinish }[];
  readonly ask: (question: string | Question) => Promise<SavedTurn>;
}

/** What several processes share. */
export type CoreStore = ChatStore & TurnStore & BudgetStore;

export interface ProcessOptions {
  readonly answerer: Answerer;
  readonly store?: CoreStore;
  readonly clock?: ManualClock;
  readonly caller?: Caller;
  readonly owner?: string;
  readonly retriever?: Retriever;
  /** How several processes meet. */
  readonly streams?: TurnStreams | undefined;
  readonly mayRefill?: () => boolean;
}

export const testTenant: Tenant = makeTenant("demo", {
  limits: { messages_per_minute: 100_000, messages_per_day: 100_000 },
});

export function makeCaller(fields: Partial<Caller> = {}): Caller {
  return {
    tenant: testTenant,
    visitorId: undefined,
    user: undefined,
    key: undefined,
    tokenKey: undefined,
    vouchedBy: undefined,
    admin: undefined,
    expiresAt: undefined,
    clientId: "client_1",
    address: "127.0.0.1",
    ...fields,
  };
}

/** Of a caller who stays as they are. */
export function accessOf(caller: Caller): FollowAccess {
  return { caller, look: async () => caller };
}

export const tokens = { countTokens: (text: string) => Math.ceil(text.length / 4) };

export function openProcess(
  options: ProcessOptions,
): CoreProcess & { store: CoreStore; clock: ManualClock } {
  const { answerer, caller = makeCaller(), owner = "process-1" } = options;
  const { store = createMemoryStore(), clock = createManualClock() } = options;
  const retriever = options.retriever ?? { retrieve: async () => ({ passages: [], degraded: [] }) };
  const logger = createRecordingLogger();
  const { mayRefill = () => true } = options;
  const shared = options.streams && { streams: options.streams, clock, logger, mayRefill };
  const log = createTurnLog(shared);
  const reader = { log, chats: store, clock };
  const ended: { job: TurnJob; finish: TurnFinish }[] = [];
  const runner = createTurnRunner({
    turns: store,
    budgets: store,
    retriever,
    answerer,
    clock,
    logger,
    tokens,
    reader,
    onEnd: (job, finish) => void ended.push({ job, finish }),
    onLeft: () => undefined,
  });
  const start = {
    chats: store,
    turns: store,
    runner,
    limiter: createMemoryLimiter(clock),
    clock,
    lease: { ownTurnsOf: async () => owner },
  };
  const ask = (question: string | Question) =>
    startTurn(start, caller, typeof question === "string" ? { content: question } : question);
  return { log, runner, start, reader, logger, ended, ask, store, clock };
}

export function refer({ chatId, id }: Message, tenant = testTenant): TurnRef {
  return { tenantId: tenant.id, chatId, messageId: id };
}

/** A reader whose events are kept as they come. */
export interface Follower<Event> {
  readonly events: readonly Event[];
  /** Settles when there are no more events. */
  readonly done: Promise<void>;
}

export function follow<Event>(source: AsyncIterable<Event>): Follower<Event> {
  const events: Event[] = [];
  const run = async (): Promise<void> => {
    for await (const event of source) events.push(event);
  };
  const done = run();
  done.catch(() => "Whoever awaits `done` gets the rejection");
  return { events, done };
}

/**
 * The text that the events add up to.
 * @throws Error unless they are the whole story of a turn: each attempt begins once and from nothing,
 *   its pieces follow one another without a gap, and the last one ends, once.
 */
export function assemble(events: readonly TurnEvent[]): string {
  let text = "";
  let attempt = 0;
  for (const [index, event] of events.entries()) {
    const { cursor } = event;
    if (event.type === "start") {
      if (cursor.attempt <= attempt || cursor.rank !== 0)
        throw new Error(`Start of attempt ${cursor.attempt} after ${attempt}`);
      attempt = cursor.attempt;
      text = "";
    } else if (cursor.attempt !== attempt)
      throw new Error(`An event of attempt ${cursor.attempt} within ${attempt}`);
    if (event.type === "chunk") {
      if (event.piece.offset !== text.length)
        throw new Error(`A piece at ${event.piece.offset}, not at ${text.length}`);
      text += event.piece.content;
      if (event.piece.content === "" || cursor.rank !== text.length)
        throw new Error(`A piece that ends at ${cursor.rank}`);
    }
    const isLast = index === events.length - 1;
    if ((event.type === "end") !== isLast)
      throw new Error(isLast ? "No ending" : "Events after the ending");
  }
  return text;
}

/** Moves the clock from timer to timer until nothing is left to wait for, at most so many. */
export async function drain(clock: ManualClock, maxTimers = 1000): Promise<void> {
  await settle();
  for (let count = 0; count < maxTimers && clock.next(); count += 1) await settle();
}
