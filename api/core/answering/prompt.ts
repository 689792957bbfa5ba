import { removeCitations } from "./citation-marks.ts";
import type { Message } from "../message.ts";
import type { AnswerRequest, TokenCounter } from "./answerer.ts";
import { promptRules } from "./prompt-budget.ts";
import {
  disarm,
  type NumberedPassage,
  writeInstructions,
  writePassage,
  writeQuestion,
} from "./prompt-text.ts";

/** A message of a chat completion. */
export interface PromptMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface Prompt {
  /** The system prompt, then user and assistant in turns, and the question last. */
  readonly messages: readonly PromptMessage[];
  /** Those that the model was given, under the numbers that it may cite. */
  readonly passages: readonly NumberedPassage[];
  /** Of all messages, counted by us. */
  readonly tokens: number;
}

/** What the models of OpenAI add to each message and to a prompt, in tokens. */
const perMessage = 4;
const perPrompt = 3;
/** Joining two texts can cost a token more than both have. */
const perJoin = 1;

/**
 * The messages that ask for an answer, within `budget` tokens. The system prompt and the question are
 * always there, even when they alone are above it. Passages take their share of the rest first, best
 * first; then the history takes what is left, newest first and never with a gap.
 */
export function buildPrompt(request: AnswerRequest, counter: TokenCounter, budget: number): Prompt {
  const { tenant, question, history } = request;
  const { rag } = tenant.settings.features;
  const count = (text: string) => counter.countTokens(text);
  const ask = (passages: readonly NumberedPassage[]): PromptMessage => ({
    role: "user",
    content: rag ? writeQuestion(question, passages) : disarm(question),
  });
  const system: PromptMessage = { role: "system", content: writeInstructions(tenant) };
  const least = perPrompt + 2 * perMessage + count(system.content) + count(ask([]).content);

  const left = Math.max(0, budget - least);
  const passages = rag ? choosePassages(request, count, left * promptRules.passages) : [];
  const last = ask(passages);
  const asked = perPrompt + 2 * perMessage + count(system.content) + count(last.content);
  const past = chooseHistory(history, count, budget - asked);
  const messages = [system, ...past.messages, last];
  return { messages, passages, tokens: asked + past.tokens };
}

/** As many as fit, in the order of the search; one that is too long gives way to shorter ones behind it. */
function choosePassages(
  { passages }: AnswerRequest,
  count: (text: string) => number,
  room: number,
): NumberedPassage[] {
  const chosen: NumberedPassage[] = [];
  let taken = 0;
  for (const passage of passages) {
    const numbered = { number: chosen.length + 1, passage };
    const cost = count(writePassage(numbered)) + perJoin;
    if (taken + cost > room) continue;
    taken += cost;
    chosen.push(numbered);
  }
  return chosen;
}

/** The newest exchanges that fit, oldest first. */
function chooseHistory(
  history: readonly Message[],
  count: (text: string) => number,
  room: number,
): { messages: PromptMessage[]; tokens: number } {
  const chosen: PromptMessage[][] = [];
  let tokens = 0;
  for (const exchange of exchangesOf(history).toReversed()) {
    const cost = exchange.reduce((sum, { content }) => sum + count(content) + perMessage, 0);
    if (tokens + cost > room) break;
    tokens += cost;
    chosen.unshift(exchange);
  }
  return { messages: chosen.flat(), tokens };
}

/**
 * Each question with its answer: some models refuse a conversation in which the roles don't take
 * turns, so that a question without an answer is left out. The numbers that an older answer cites
 * by would be taken for those of the passages at hand, so they go.
 */
function exchangesOf(history: readonly Message[]): PromptMessage[][] {
  const questions = new Map<string, Message>();
  const exchanges: PromptMessage[][] = [];
  for (const message of history) {
    const { id, role, content, replyTo, ending } = message;
    if (role === "user") questions.set(id, message);
    const question = role === "assistant" && replyTo ? questions.get(replyTo) : undefined;
    if (!question || content.trim() === "") continue;
    const sources = ending?.type === "complete" ? ending.sources : [];
    const numbers = new Set(sources.map(({ number }) => number));
    exchanges.push([
      { role: "user", content: disarm(question.content) },
      { role: "assistant", content: disarm(removeCitations(content, numbers)) },
    ]);
  }
  return exchanges;
}
