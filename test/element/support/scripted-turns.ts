import type { TurnRef, TurnView } from "../../../api/core/turns/turn-event.ts";
import { noUsage, type Ending } from "../../../api/core/message.ts";
import type { WireMessage } from "../../../element/client/wire.ts";
import { stored } from "./fake-rest.ts";

/** A turn as the played platform stores it. */
export interface ScriptedTurn extends TurnRef {
  readonly clientMessageId: string;
  readonly question: string;
  readonly questionId: string;
  view: TurnView;
  isCancelled: boolean;
}

/** Questions and answers, kept as the platform keeps them: a chat's turns run one after another. */
export interface ScriptedTurns {
  /** In the order in which they were stored. */
  readonly all: readonly ScriptedTurn[];
  find(messageId: string): ScriptedTurn | undefined;
  /** The turn of that question, made when there is none. Undefined: too many wait in its chat. */
  save(clientMessageId: string, question: string, chatId: string | null): ScriptedTurn | undefined;
  /** Publishes the next piece of each chat's running answer. @returns the turns that have grown */
  grow(): readonly ScriptedTurn[];
  /** Whoever runs turns has died: what has begun begins anew as the next attempt. */
  takeOver(): readonly ScriptedTurn[];
  history(chatId: string): readonly WireMessage[];
}

const mostUnfinished = 4;

/** @param random from 0 to 1 */
export function createScriptedTurns(random: () => number): ScriptedTurns {
  const all: ScriptedTurn[] = [];
  const isRunning = ({ view }: ScriptedTurn) => view.ending === null;

  function growTurn(turn: ScriptedTurn): void {
    const { view } = turn;
    const whole = answerOf(turn);
    if (!view.started) turn.view = { ...view, started: true };
    else if (turn.isCancelled) turn.view = { ...view, ending: completed("cancelled") };
    else if (view.text.length < whole.length) {
      const length = 1 + Math.floor(random() * 12);
      turn.view = { ...view, text: whole.slice(0, view.text.length + length) };
    } else turn.view = { ...view, ending: random() < 0.1 ? failed : completed("stop") };
  }

  return {
    all,
    find: (messageId) => all.find((turn) => turn.messageId === messageId),
    save(clientMessageId, question, chatId) {
      const known = all.find((turn) => turn.clientMessageId === clientMessageId);
      if (known) return known;
      const number = all.length + 1;
      const chat = chatId ?? `chat-of-${number}`;
      const waiting = all.filter((turn) => turn.chatId === chat && isRunning(turn));
      if (waiting.length >= mostUnfinished) return undefined;
      const turn: ScriptedTurn = {
        tenantId: "acme",
        chatId: chat,
        messageId: `answer-${number}`,
        questionId: `question-${number}`,
        clientMessageId,
        question,
        view: { attempt: 1, started: false, text: "", ending: null },
        isCancelled: false,
      };
      all.push(turn);
      return turn;
    },
    grow() {
      const chats = Map.groupBy(all.filter(isRunning), ({ chatId }) => chatId);
      const first = [...chats.values()].flatMap(([turn]) => turn ?? []);
      for (const turn of first) growTurn(turn);
      return first;
    },
    takeOver() {
      const begun = all.filter((turn) => isRunning(turn) && turn.view.started);
      for (const turn of begun)
        turn.view = { ...turn.view, attempt: turn.view.attempt + 1, started: false, text: "" };
      return begun;
    },
    history: (chatId) => all.filter((turn) => turn.chatId === chatId).flatMap(storedTurn),
  };
}

/** Each attempt says something else, and now and then nothing at all. */
function answerOf({ messageId, question, view }: ScriptedTurn): string {
  if (messageId.endsWith("7")) return "";
  const words = `Attempt ${view.attempt} at “${question}”: ${messageId} 🙂 says so.`;
  return words.repeat(1 + (messageId.length % 2));
}

function completed(finishReason: "stop" | "cancelled"): Ending {
  return {
    type: "complete",
    finishReason,
    usage: noUsage,
    sources: [],
    citations: [],
    model: "played",
    degraded: [],
  };
}

const failed: Ending = {
  type: "error",
  code: "MODEL_UNAVAILABLE",
  message: "The model broke off",
  usage: noUsage,
};

function storedTurn(turn: ScriptedTurn): readonly WireMessage[] {
  const { ending, text, started, attempt } = turn.view;
  const question = stored({
    id: turn.questionId,
    content: turn.question,
    client_message_id: turn.clientMessageId,
  });
  const status =
    ending?.type === "error" ? "error" : ending ? "complete" : started ? "streaming" : "queued";
  const answer = stored({
    id: turn.messageId,
    role: "assistant",
    content: text,
    status,
    attempt,
    reply_to: turn.questionId,
    ...(ending?.type === "error"
      ? { error: { code: ending.code, message: ending.message } }
      : { finish_reason: ending?.finishReason ?? null }),
  });
  return [question, answer];
}
