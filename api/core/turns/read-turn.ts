import { AppError } from "../errors.ts";
import type { Message } from "../message.ts";
import type { ChatStore, Clock } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import type { Cursor } from "./cursor.ts";
import { persist } from "./persist.ts";
import { nextEvent, type TurnEvent, type TurnRef, type TurnView } from "./turn-event.ts";
import type { TurnLog } from "./turn-log.ts";

export interface ReaderDeps {
  readonly log: TurnLog;
  readonly chats: ChatStore;
  readonly clock: Clock;
}

/** How often a reader looks at the stored message of a turn that nobody publishes. */
export const idlePollMs = 1000;

/**
 * Every event of a turn behind `after`, each exactly once and in order, up to its ending: from the
 * memory of this process while it runs the turn or follows it in another, from the stored message when
 * it has ended. The reader pulls: what it doesn't ask for is not made. Ends early, without a throw, when
 * the signal aborts. Once it has begun it waits for a store that is away.
 * @throws AppError MESSAGE_NOT_FOUND when the chat is deleted meanwhile, INVALID_CURSOR,
 *   SERVICE_UNAVAILABLE when the store is away at the beginning, unless the reader had begun before.
 */
export async function* readTurn(
  deps: ReaderDeps,
  tenant: Tenant,
  turn: TurnRef,
  after: Cursor | undefined,
  signal: AbortSignal,
  hasBegun = false,
): AsyncGenerator<TurnEvent, void, undefined> {
  const { log, chats, clock } = deps;
  const look = () => chats.findMessage(tenant, turn.messageId);
  const isOver = async () => (await look())?.ending !== null;
  let cursor = after;
  let isFirst = !hasBegun;
  while (!signal.aborted) {
    if (!log.find(turn)) {
      const message = isFirst ? await look() : await lookLater(clock, signal, look);
      if (signal.aborted) return;
      if (!message) throw new AppError("MESSAGE_NOT_FOUND", "Message not found");
      if (message.ending) {
        const view = log.ended.share(turn, storedView(message));
        return yield* readEnded(view, cursor, signal);
      }
    }
    isFirst = false;
    const source = log.follow(turn, isOver);
    if (!source) {
      await waitBriefly(deps, turn, signal);
      continue;
    }
    const { live } = source;
    try {
      while (!signal.aborted) {
        const event = nextEvent(live.view(), cursor);
        if (event) {
          cursor = event.cursor;
          yield event;
          if (event.type === "end") return;
        } else if (live.done) break;
        else await live.wait(signal);
      }
    } finally {
      source.leave();
    }
  }
}

async function lookLater(
  clock: Clock,
  signal: AbortSignal,
  look: () => Promise<Message | undefined>,
): Promise<Message | undefined> {
  try {
    return await persist(clock, signal, look);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** A message as its log would show it. */
export function storedView(message: Message): TurnView {
  const { attempt, content: text, ending } = message;
  return { attempt, started: message.state !== "queued", text, ending };
}

function* readEnded(
  view: TurnView,
  after: Cursor | undefined,
  signal: AbortSignal,
): Generator<TurnEvent> {
  let event = nextEvent(view, after);
  while (event && !signal.aborted) {
    yield event;
    event = nextEvent(view, event.cursor);
  }
}

async function waitBriefly(deps: ReaderDeps, turn: TurnRef, signal: AbortSignal): Promise<void> {
  const pause = new AbortController();
  const stop = () => pause.abort();
  const cancelTimer = deps.clock.after(idlePollMs, stop);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await deps.log.waitForTurn(turn.tenantId, turn.chatId, pause.signal);
  } finally {
    cancelTimer();
    signal.removeEventListener("abort", stop);
  }
}
