import { absenceNote, absenceText, type ModelAbsence } from "./model-absence.ts";
import type { AnswerRequest } from "./answerer.ts";
import type { SmallTalk } from "./small-talk.ts";
import { escapeMarkdown } from "./write-answer.ts";

/** What is said without a quotation, and without a language model. */

export function searchIsOff(absence: ModelAbsence): string {
  return `I can't answer that: search over the documents is switched off here, and ${absenceText[absence]}.`;
}

export function nothingFound(absence: ModelAbsence): string {
  return `The documents that I can search don't answer that.\n\n${note(absence)}`;
}

const openings: Readonly<Record<SmallTalk, string>> = {
  greeting: "Hello!",
  thanks: "You're welcome.",
  farewell: "Goodbye.",
  about: "I'm an assistant that searches documents.",
};

/** What can be asked, with the titles of documents only where the request names some. */
export function answerSmallTalk(
  smallTalk: SmallTalk,
  { tenant, passages }: AnswerRequest,
  absence: ModelAbsence,
): string {
  const opening = openings[smallTalk];
  if (!tenant.settings.features.rag) {
    return `${opening} Search over the documents is switched off here, and ${absenceText[absence]}, so I can't answer questions now.`;
  }
  if (smallTalk === "farewell") return opening;
  const name = escapeMarkdown(tenant.name.trim() === "" ? tenant.id : tenant.name);
  const titles = [...new Set(passages.map(({ title }) => title))].filter((title) => title !== "");
  const list = titles.length > 0 ? ` Among them: ${titles.map(escapeMarkdown).join(", ")}.` : "";
  return `${opening} Ask me about the documents of ${name}: I look up the passages that fit your question and quote them with their sources.${list}\n\n${note(absence)}`;
}

function note(absence: ModelAbsence): string {
  return absenceNote(absence, "so I can only quote the documents");
}
