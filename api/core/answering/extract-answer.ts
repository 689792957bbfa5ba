import { chooseQuotations } from "./choose-quotations.ts";
import { isVerified, type Cited } from "./citations.ts";
import type { ModelAbsence } from "./model-absence.ts";
import { cutPieces, pause } from "./paced-text.ts";
import type { Answerer, AnswerRequest, AnswerResult, TokenCounter } from "./answerer.ts";
import type { Clock } from "../ports.ts";
import type { SentenceScorer } from "../documents/retriever.ts";
import { readSmallTalk } from "./small-talk.ts";
import { standaloneQuestion } from "./standalone-question.ts";
import { answerSmallTalk, nothingFound, searchIsOff } from "./standard-answers.ts";
import { verifyCitations } from "./verify-citations.ts";
import { type AnswerPart, writeAnswer } from "./write-answer.ts";

export interface ExtractiveDeps {
  readonly scorer: SentenceScorer;
  readonly tokens: TokenCounter;
  readonly clock: Clock;
  /** Milliseconds between two pieces, so that an answer can be read as it comes; 0 for none. */
  readonly paceMs: number;
  /** What is said of the language model that doesn't answer; `not_configured` where it is left out. */
  readonly absence?: ModelAbsence;
}

export const extractiveModel = "extractive";

/**
 * Answers without a language model: quotes what fits the question best in its passages, word for
 * word and with numbered sources, and says why no model answers. An abort ends the answer with
 * the sources cited so far. The usage counts what was read, the question and the passages, as the
 * prompt, and what was yielded as the completion.
 */
export function createExtractiveAnswerer(deps: ExtractiveDeps): Answerer {
  return {
    async *answer(request, signal) {
      const { parts, read } = await writeParts(deps, request);
      const text = parts.map((part) => part.text).join("");
      let yielded = "";
      for (const piece of cutPieces(text)) {
        if (yielded !== "") await pause(deps.clock, deps.paceMs, signal);
        if (signal.aborted) break;
        yielded += piece;
        yield piece;
      }
      return toResult(deps.tokens, read, yielded, citeParts(parts, yielded));
    },
  };
}

/** The whole answer, with the text that was read for it. */
async function writeParts(
  { scorer, absence = "not_configured" }: ExtractiveDeps,
  request: AnswerRequest,
): Promise<{ parts: AnswerPart[]; read: string }> {
  const { tenant, question, history, passages } = request;
  const smallTalk = readSmallTalk(question);
  if (smallTalk) {
    return { parts: [{ text: answerSmallTalk(smallTalk, request, absence) }], read: question };
  }
  if (!tenant.settings.features.rag) {
    return { parts: [{ text: searchIsOff(absence) }], read: question };
  }
  const quotations = await chooseQuotations(
    scorer,
    tenant,
    standaloneQuestion(question, history),
    passages,
  );
  const parts =
    quotations.length > 0 ? writeAnswer(quotations, absence) : [{ text: nothingFound(absence) }];
  return { parts, read: [question, ...passages.map(({ text }) => text)].join("\n") };
}

/** The sources whose number stands in what was said of the answer, checked as a model's are. */
function citeParts(parts: readonly AnswerPart[], text: string): Cited {
  let end = 0;
  const cited = parts.flatMap((part) => {
    end += part.text.length;
    return part.source && end <= text.length ? [part.source] : [];
  });
  const given = cited.map(({ source: { number }, passage }) => ({ number, passage }));
  const citations = verifyCitations(text, given);
  const sources = cited.map(({ source }) => ({
    ...source,
    verified: isVerified(source.number, citations),
  }));
  return { sources, citations };
}

function toResult(tokens: TokenCounter, read: string, text: string, cited: Cited): AnswerResult {
  const promptTokens = tokens.countTokens(read);
  const completionTokens = tokens.countTokens(text);
  const totalTokens = promptTokens + completionTokens;
  const usage = { promptTokens, completionTokens, totalTokens, cost: 0, estimated: true };
  return { finishReason: "stop", model: extractiveModel, ...cited, usage };
}
