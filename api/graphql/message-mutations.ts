import { cancelTurn } from "../core/turns/cancel-turn.ts";
import { giveFeedback } from "../core/feedback.ts";
import type { Message as MessageShape } from "../core/message.ts";
import { builder } from "./builder.ts";
import { Rating } from "./enums.ts";
import { Message } from "./message.ts";

const CancelTurnInput = builder.inputType("CancelTurnInput", {
  fields: (t) => ({ messageId: t.id({ required: true, description: "The answer." }) }),
});

interface ChangedMessage {
  readonly message: MessageShape;
}

const CancelTurnPayload = builder.objectRef<ChangedMessage>("CancelTurnPayload").implement({
  fields: (t) => ({
    message: t.field({
      type: Message,
      description: "As it stood when it was asked; it ends soon, unless it had ended already.",
      resolve: ({ message }) => message,
    }),
  }),
});

const GiveFeedbackInput = builder.inputType("GiveFeedbackInput", {
  fields: (t) => ({
    messageId: t.id({ required: true, description: "An answer that has ended." }),
    rating: t.field({ type: Rating, description: "Null takes the feedback back." }),
    comment: t.string({ description: "At most 1000 characters." }),
  }),
});

const GiveFeedbackPayload = builder.objectRef<ChangedMessage>("GiveFeedbackPayload").implement({
  fields: (t) => ({ message: t.field({ type: Message, resolve: ({ message }) => message }) }),
});

builder.mutationFields((t) => ({
  cancelTurn: t.field({
    type: CancelTurnPayload,
    nullable: true,
    complexity: 10,
    description:
      "Stops a turn: its readers see it end as CANCELLED, with the text so far. " +
      "One that has ended stays as it is.",
    args: { input: t.arg({ type: CancelTurnInput, required: true }) },
    async resolve(_root, { input }, { services, caller }) {
      return { message: await cancelTurn(services.start, caller, input.messageId) };
    },
  }),
  giveFeedback: t.field({
    type: GiveFeedbackPayload,
    nullable: true,
    complexity: 10,
    description: "Keeps what a reader thinks of an answer, in place of what was said before.",
    args: { input: t.arg({ type: GiveFeedbackInput, required: true }) },
    async resolve(_root, { input }, { services, caller }) {
      const { messageId, rating, comment } = input;
      const feedback = rating ? { rating, comment: comment ?? null } : null;
      return { message: await giveFeedback(services.reader.chats, caller, messageId, feedback) };
    },
  }),
}));
