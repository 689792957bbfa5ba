import type { AnswerRequest } from "./ports.ts";
import type { SmallTalk } from "./small-talk.ts";
import { escapeMarkdown } from "./write-answer.ts";

/** What is said without a quotation, by an assistant that has no language model. */

const note = "*No language model is configured, so I can only quote the documents.*";

export const searchIsOff =
  "I can't answer that: search over the documents is switched off here, and no language model is configured.";

export const nothingFound = `The documents that I can search don't answer that.\n\n${note}`;

const openings: Readonly<Record<SmallTalk, string>> = {
  greeting: "Hello!",
  thanks: "You're welcome.",
  farewell: "Goodbye.",
  about: "I'm an assistant that searches documents.",
};

/** What can be asked, with the titles of documents only where the request names some. */
export function answerSmallTalk(smallTalk: SmallTalk, { tenant, passages }: AnswerRequest): string {
  const opening = openings[smallTalk];
  if (!tenant.settings.features.rag) {
    return `${opening} Search over the documents is switched off here, and no language model is configured, so I can't answer questions at the moment.`;
  }
  if (smallTalk === "farewell") return opening;
  const name = escapeMarkdown(tenant.name.trim() === "" ? tenant.id : tenant.name);
  const titles = [...new Set(passages.map(({ title }) => title))].filter((title) => title !== "");
  const list = titles.length > 0 ? ` Among them: ${titles.map(escapeMarkdown).join(", ")}.` : "";
  return `${opening} Ask me about the documents of ${name}: I look up the passages that fit your question and quote them with their sources.${list}\n\n${note}`;
}
