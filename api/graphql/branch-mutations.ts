import { chooseBranch, openChat, type Chat as ChatShape } from "../core/chats.ts";
import type { Message as MessageShape } from "../core/message.ts";
import { editQuestion, regenerateAnswer } from "../core/turns/branch-turn.ts";
import type { SavedTurn } from "../core/turns/turn-store.ts";
import { builder } from "./builder.ts";
import { Chat } from "./chat.ts";
import type { GraphqlContext } from "./context.ts";
import { checkInput, editQuestionInput, regenerateAnswerInput } from "./input.ts";
import { createLoaders } from "./loaders.ts";
import { Message } from "./message.ts";

const keyText =
  "As in sendMessage: sent again, it finds the same turn. A shorter one is unique within its chat.";

const RegenerateAnswerInput = builder.inputType("RegenerateAnswerInput", {
  fields: (t) => ({
    messageId: t.id({ required: true, description: "An answer that has ended." }),
    clientMessageId: t.string({ description: keyText }),
  }),
});

const EditQuestionInput = builder.inputType("EditQuestionInput", {
  fields: (t) => ({
    messageId: t.id({ required: true, description: "The question." }),
    content: t.string({ required: true, description: "1 to 16000 characters." }),
    clientMessageId: t.string({ description: keyText }),
  }),
});

const ChooseBranchInput = builder.inputType("ChooseBranchInput", {
  fields: (t) => ({
    messageId: t.id({ required: true, description: "A question or an answer." }),
  }),
});

interface BranchedTurn {
  readonly question: MessageShape;
  readonly answer: MessageShape;
  readonly chat: ChatShape;
}

function addPayload(name: "RegenerateAnswerPayload" | "EditQuestionPayload") {
  return builder.objectRef<BranchedTurn>(name).implement({
    description: "The turn with which a branch begins; the history shows it from now on.",
    fields: (t) => ({
      question: t.field({ type: Message, resolve: ({ question }) => question }),
      answer: t.field({
        type: Message,
        description:
          "As it stands: `messageEvents(messageId: <its id>)` follows it from its start.",
        resolve: ({ answer }) => answer,
      }),
      chat: t.field({ type: Chat, resolve: ({ chat }) => chat }),
    }),
  });
}

const RegenerateAnswerPayload = addPayload("RegenerateAnswerPayload");
const EditQuestionPayload = addPayload("EditQuestionPayload");

interface Choice {
  readonly parentId: string | null;
  readonly chat: ChatShape;
}

const ChooseBranchPayload = builder.objectRef<Choice>("ChooseBranchPayload").implement({
  fields: (t) => ({
    parentId: t.exposeID("parentId", {
      nullable: true,
      description: "The message behind which the history is another now; null: from its start.",
    }),
    chat: t.field({ type: Chat, resolve: ({ chat }) => chat }),
  }),
});

builder.mutationFields((t) => ({
  regenerateAnswer: t.field({
    type: RegenerateAnswerPayload,
    nullable: true,
    complexity: 100,
    description:
      "Asks for another answer to the same question. It is shown in place of that one from now on; what was shown " +
      "before is kept as a branch. Answers at once.",
    args: { input: t.arg({ type: RegenerateAnswerInput, required: true }) },
    async resolve(_root, { input }, context) {
      const { messageId, clientMessageId } = checkInput(regenerateAnswerInput, input);
      const wanted = { messageId, clientMessageId: clientMessageId ?? undefined };
      const { services, caller } = context;
      return withChat(context, await regenerateAnswer(services.start, caller, wanted));
    },
  }),
  editQuestion: t.field({
    type: EditQuestionPayload,
    nullable: true,
    complexity: 100,
    description:
      "Asks another question in place of one. It is shown with its answer from now on; what was shown before is kept " +
      "as a branch. Answers at once.",
    args: { input: t.arg({ type: EditQuestionInput, required: true }) },
    async resolve(_root, { input }, context) {
      const { messageId, content, clientMessageId } = checkInput(editQuestionInput, input);
      const edited = { messageId, content, clientMessageId: clientMessageId ?? undefined };
      const { services, caller } = context;
      return withChat(context, await editQuestion(services.start, caller, edited));
    },
  }),
  chooseBranch: t.field({
    type: ChooseBranchPayload,
    nullable: true,
    complexity: 10,
    description:
      "Shows the branch of a message: that one, what is before it, and below it what was asked and answered last.",
    args: { input: t.arg({ type: ChooseBranchInput, required: true }) },
    async resolve(_root, { input }, context) {
      const { chats } = context.services.reader;
      const { chatId, forkId } = await chooseBranch(chats, context.caller, input.messageId);
      return { parentId: forkId, chat: await openAnew(context, chatId) };
    },
  }),
}));

async function withChat(
  context: GraphqlContext,
  { question, answer }: SavedTurn,
): Promise<BranchedTurn> {
  return { question, answer, chat: await openAnew(context, answer.chatId) };
}

/** What an earlier mutation of the operation has read is of another branch. */
function openAnew(
  { services, caller, loaded }: GraphqlContext,
  chatId: string,
): Promise<ChatShape> {
  const { chats } = services.reader;
  loaded.loaders = createLoaders(chats, caller.tenant);
  return openChat(chats, caller, chatId);
}
