import type { OpenAccess } from "../access/open-accesses.ts";
import { openChat } from "../chats.ts";
import { AppError } from "../errors.ts";
import { createChatPause } from "./chat-pause.ts";
import type { Cursor } from "./cursor.ts";
import { readTurn, type ReaderDeps } from "./read-turn.ts";
import type { TurnEvent, TurnRef } from "./turn-event.ts";

/** A place in the turns of a chat: behind `cursor` in the turn of `messageId`, without one before its start. */
export interface ChatPlace {
  readonly messageId: string;
  readonly cursor: Cursor | undefined;
}

/** Who follows a chat: as they are when the stream is opened, and as they are before each further turn. */
export type FollowAccess = Pick<OpenAccess, "caller" | "look">;

/**
 * The events of all turns of a chat, one turn after another: from `place` on, or from the turn that
 * is under way. Ends only when the signal aborts, or when the server drains: at the end of a turn, or
 * at once where none is under way.
 *
 * Whether the reader may open the chat is asked anew before each turn, since the chat may have got another owner, or
 * the tenant another rule; a turn that was begun is told to its end. The turn of `place` is begun without asking: its
 * door has.
 * @throws AppError CHAT_NOT_FOUND when the chat is deleted meanwhile or is no longer the reader's, INVALID_CURSOR when
 *   the place is not of this chat; and as OpenAccess.look.
 */
export async function* followChat(
  deps: ReaderDeps,
  access: FollowAccess,
  chatId: string,
  place: ChatPlace | undefined,
  signal: AbortSignal,
  draining?: AbortSignal,
): AsyncGenerator<{ turn: TurnRef; event: TurnEvent }, void, undefined> {
  const { tenant } = access.caller;
  let hasTold = false;
  const refer = (messageId: string): TurnRef => ({ tenantId: tenant.id, chatId, messageId });
  async function* tell(messageId: string, after: Cursor | undefined) {
    const turn = refer(messageId);
    for await (const event of readTurn(deps, tenant, turn, after, signal)) {
      hasTold = true;
      yield { turn, event };
    }
  }

  let seq: number;
  if (place) {
    const message = await deps.chats.findMessage(tenant, place.messageId);
    if (message?.chatId !== chatId || message.role !== "assistant") {
      throw new AppError("INVALID_CURSOR", "This place is not in this chat");
    }
    yield* tell(message.id, place.cursor);
    if (hasTold && draining?.aborted) return;
    seq = message.seq;
  } else {
    seq = await deps.chats.findLiveEdge(tenant, chatId);
  }

  while (!signal.aborted) {
    const pause = createChatPause(
      deps,
      tenant.id,
      chatId,
      draining ? [signal, draining] : [signal],
    );
    try {
      const answer = await deps.chats.findNextAnswer(tenant, chatId, seq);
      // Behind it, so that what is asked once the chat is another's is never told.
      await openChat(deps.chats, await access.look(), chatId);
      if (answer) {
        yield* tell(answer.id, undefined);
        seq = answer.seq;
      } else await pause.over;
    } finally {
      pause.end();
    }
    if (draining?.aborted) return;
  }
}
