import { canOpenChat } from "../access/caller.ts";
import { chatNotFound } from "../chats.ts";
import type { Message } from "../message.ts";
import type { Tenant } from "../tenant.ts";
import { lookForNews, type ChatEvent, type ChatNews } from "./chat-news.ts";
import { createChatPause, type ChatPause } from "./chat-pause.ts";
import type { FollowAccess } from "./follow-chat.ts";
import type { FollowPlace, TurnPlace } from "./follow-place.ts";
import { createHearing, type Hearing } from "./hearing.ts";
import { persist } from "./persist.ts";
import type { ReaderDeps } from "./read-turn.ts";

export interface PlacedChatEvent {
  readonly event: ChatEvent;
  /** Behind it; to come back to. */
  readonly place: FollowPlace;
}

/**
 * What happens in a chat from `place` on, or from now on: each change, as it stands when it is told, and the events of
 * the turn that is under way. A slow reader misses steps, never how it stands in the end. Ends when the chat is
 * deleted, when the signal aborts, or when the server drains and no turn is being told.
 * @throws AppError CHAT_NOT_FOUND when the chat isn't the reader's (any more), INVALID_CURSOR when the turn of the place
 *   never had it; and as OpenAccess.look. Once it has begun it waits for a store that is away.
 */
export async function* followChanges(
  deps: ReaderDeps,
  access: FollowAccess,
  chatId: string,
  from: FollowPlace | undefined,
  signal: AbortSignal,
  draining?: AbortSignal,
): AsyncGenerator<PlacedChatEvent, void, undefined> {
  const { tenant } = access.caller;
  let place = from;
  let hasBegun = false;
  let hearing: Hearing | undefined;

  async function* tell(news: ChatNews): AsyncGenerator<PlacedChatEvent> {
    place ??= { revision: news.revision };
    if (!hasBegun) yield { event: { type: "subscribed" }, place };
    hasBegun = true;
    for (const { event, revision } of news.events) {
      if (signal.aborted) return;
      place = { ...place, revision };
      yield { event, place };
    }
    place = { ...place, revision: news.revision };
  }

  /** To its end, or until there may be something else. */
  async function* hear(turn: Hearing, pause: ChatPause): AsyncGenerator<PlacedChatEvent> {
    const revision = place?.revision ?? 0;
    void pause.over.then(turn.wake);
    turn.ask();
    while (!signal.aborted && (turn.hasArrived || !pause.isOver)) {
      const event = await turn.next();
      if (event === "woken") return;
      if (event === "over") {
        hearing = undefined;
        place = { revision };
        return;
      }
      place = { revision, turn: { messageId: turn.turn.messageId, cursor: event.cursor } };
      if (!signal.aborted) yield { event: { type: "turn", turn: turn.turn, event }, place };
    }
  }

  try {
    while (!signal.aborted) {
      const isDraining = draining?.aborted ?? false;
      const signals = draining && !isDraining ? [signal, draining] : [signal];
      // Before the look, so that what happens behind it is not missed.
      const pause = createChatPause(deps, tenant.id, chatId, signals);
      try {
        const look = () => lookForNews(deps.chats, tenant, chatId, place?.revision);
        const news = hasBegun ? await persist(deps.clock, signal, look) : await look();
        if (signal.aborted) return;
        const caller = hasBegun
          ? await persist(deps.clock, signal, () => access.look())
          : await access.look();
        if (signal.aborted) return;
        if (news ? !canOpenChat(caller, news.chat) : !hasBegun) throw chatNotFound();
        if (!news) {
          yield { event: { type: "deleted" }, place: place ?? { revision: 0 } };
          return;
        }
        yield* tell(news);
        if (news.isPart) continue;
        if (hearing) yield* hear(hearing, pause);
        else if (isDraining) return;
        else if (news.unfinished) {
          hearing = begin(deps, tenant, news.unfinished, place?.turn);
          yield* hear(hearing, pause);
        } else {
          place = { revision: news.revision };
          await pause.over;
        }
      } finally {
        pause.end();
      }
    }
  } catch (error) {
    // A store that is away is given up with the reader.
    if (!signal.aborted) throw error;
  } finally {
    hearing?.leave();
  }
}

function begin(
  deps: ReaderDeps,
  tenant: Tenant,
  { id: messageId, chatId }: Message,
  place: TurnPlace | undefined,
): Hearing {
  const after = place?.messageId === messageId ? place.cursor : undefined;
  return createHearing(deps, tenant, { tenantId: tenant.id, chatId, messageId }, after);
}
