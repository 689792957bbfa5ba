import { checkPlace, parsePlace } from "../core/turns/chat-place.ts";
import { AppError } from "../core/errors.ts";
import { followChat } from "../core/turns/follow-chat.ts";
import { readTurn } from "../core/turns/read-turn.ts";
import type { TurnRef } from "../core/turns/turn-event.ts";
import { builder } from "./builder.ts";
import type { GraphqlContext } from "./context.ts";
import { createLoaders } from "./loaders.ts";
import { messageNotFound, openChatOf, openMessageOf } from "./open.ts";
import { TurnEvent } from "./turn-event.ts";
import { openTurnStream, type TurnItem, type TurnSignal } from "./turn-stream.ts";

builder.subscriptionFields((t) => ({
  turnEvents: t.field({
    type: TurnEvent,
    description:
      "The events of all turns of a chat, one turn after another: behind `after`, else from the turn " +
      "that is under way. It goes on until its reader leaves, or the server restarts, or until the next turn " +
      "of a chat that is no longer the reader's.",
    args: {
      chatId: t.arg.id({ required: true }),
      after: t.arg.string({
        description:
          "The `place` of the last event seen; a message's id alone is the place before its first event.",
      }),
    },
    subscribe: (_root, { chatId, after }, context) => followTurns(context, chatId, after),
    resolve: (signal, _args, context) => toItem(signal, context),
  }),
  messageEvents: t.field({
    type: TurnEvent,
    description: "The events of one turn, to its end: behind `after`, else from its start.",
    args: {
      messageId: t.arg.id({ required: true, description: "The answer." }),
      after: t.arg.string({ description: "The `place` of the last event seen." }),
    },
    subscribe: (_root, { messageId, after }, context) => followTurn(context, messageId, after),
    resolve: (signal, _args, context) => toItem(signal, context),
  }),
}));

async function followTurns(
  context: GraphqlContext,
  chatId: string,
  after: string | null | undefined,
) {
  const { reader } = context.services;
  const { tenant } = context.caller;
  const chat = await openChatOf(context, chatId);
  const place = after ? parsePlace(after) : undefined;
  if (place) await checkPlace(reader.chats, tenant, chat.id, place);
  const lifetime = await context.openLifetime();
  return openTurnStream(lifetime, async function* (signal) {
    yield* followChat(reader, lifetime.access, chat.id, place, signal, lifetime.draining);
    if (!signal.aborted) await lifetime.pause(signal);
  });
}

async function followTurn(
  context: GraphqlContext,
  messageId: string,
  after: string | null | undefined,
) {
  const { reader } = context.services;
  const { tenant } = context.caller;
  const message = await openMessageOf(context, messageId);
  if (message.role !== "assistant") throw messageNotFound();
  const place = after ? parsePlace(after) : undefined;
  if (place && place.messageId !== message.id) {
    throw new AppError("INVALID_CURSOR", "This place is not in this turn");
  }
  if (place) await checkPlace(reader.chats, tenant, message.chatId, place);
  const turn: TurnRef = { tenantId: tenant.id, chatId: message.chatId, messageId: message.id };
  return openTurnStream(await context.openLifetime(), async function* (signal) {
    for await (const event of readTurn(reader, tenant, turn, place?.cursor, signal)) {
      yield { turn, event };
    }
  });
}

/** What is loaded for one event is as of that event. */
function toItem(signal: TurnSignal, { services, caller, loaded }: GraphqlContext): TurnItem {
  if ("failure" in signal) throw signal.failure;
  loaded.loaders = createLoaders(services.reader.chats, caller.tenant);
  return signal.item;
}
