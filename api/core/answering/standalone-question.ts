import type { Message } from "../message.ts";
import { asksOfChat, contentWords, isFunctionWord, readFollowUp } from "./follow-ups.ts";
import { readSmallTalk } from "./small-talk.ts";

/**
 * What to search for, without asking a model. A question that says little by itself stands with what it goes on from:
 * "and on Windows?" with the last full question of the chat, "how much does it cost?" with the subject of that question
 * and, where its answer has a single document for a source, with that document's title. Every other one is returned as
 * it is, so that a new subject isn't dragged back to the old one.
 */
export function standaloneQuestion(question: string, history: readonly Message[]): string {
  const followUp = readFollowUp(question);
  if (!followUp) return question;
  const asked = history.findLast(isFullQuestion) ?? history.findLast(isReference);
  if (!asked) return question;
  if (followUp === "ellipsis") return `${asked.content}\n${question}`;
  const subject = subjectOf(asked.content);
  const titles = titlesOf(history.slice(history.indexOf(asked)));
  const helped = subject === "" || titles.length === 1 ? titles.slice(0, mostTitles) : [];
  const context = [subject === "" && helped.length === 0 ? asked.content : subject, ...helped];
  return [...new Set(context), question].filter((part) => part !== "").join("\n");
}

const mostTitles = 2;

/** Says more than "and then?", where nothing stands before it that says all. */
function isReference({ role, content }: Message): boolean {
  return role === "user" && readFollowUp(content) === "reference";
}

function isFullQuestion({ role, content }: Message): boolean {
  return (
    role === "user" &&
    readFollowUp(content) === undefined &&
    readSmallTalk(content) === undefined &&
    !asksOfChat(content)
  );
}

/** Of the sources of the newest answer that has any. */
function titlesOf(messages: readonly Message[]): string[] {
  const cited = messages.findLast(
    ({ ending }) => ending?.type === "complete" && ending.sources.length > 0,
  )?.ending;
  if (cited?.type !== "complete") return [];
  return [...new Set(cited.sources.map(({ title }) => title))].filter((title) => title !== "");
}

const asker = /^(?:i|you|we|one|people|someone)$/i;
const particle = /^(?:up|in|out|off|on|to|down|with|into)$/i;
const circumstance = /^(?:on|in|at|with|without|from|after|before|during|via|using|if|when)$/i;

/**
 * What a question is about: "the desktop app" of "How do I install the desktop app on Linux?"; all of it but the words
 * that only ask, where no one is said to do anything with it. Empty where nothing is left.
 */
export function subjectOf(question: string): string {
  const words = withoutEnd(question).split(/\s+/);
  const who = words.slice(0, 5).findIndex((word) => asker.test(word));
  if (who >= 0) {
    let from = who + 2;
    while (particle.test(words[from] ?? "")) from += 1;
    const rest = words.slice(from);
    const end = rest.findIndex((word, at) => at > 0 && circumstance.test(word));
    const object = (end === -1 ? rest : rest.slice(0, end)).join(" ");
    if (contentWords(object).length > 0) return object;
  }
  const from = words.findIndex((word) => !isFunctionWord(plain(word)));
  return from === -1 ? "" : words.slice(from).join(" ");
}

/** By hand: an expression for what ends a text tries it from every sign within the text too. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /[?!.\s]/u.test(text[end - 1] ?? "")) end -= 1;
  return text.slice(0, end);
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
