import type { Answerer, AnswerRequest, AnswerResult } from "../../api/core/answering/answerer.ts";
import type { Source } from "../../api/core/message.ts";

/** One turn's answer in the hands of a test. */
export interface Script {
  readonly request: AnswerRequest;
  push(text: string): void;
  finish(): void;
  fail(error: Error): void;
}

export interface ScriptedAnswerer extends Answerer {
  /** The next turn that asks for its answer. */
  nextTurn(): Promise<Script>;
}

export const source: Source = {
  number: 1,
  document_id: "doc_1",
  title: "Pricing",
  url: null,
  heading: "Plans",
  page: null,
  excerpt: "It is free.",
  start: 0,
  end: 11,
  score: 0.9,
  verified: false,
};

const result: AnswerResult = {
  finishReason: "stop",
  model: "scripted",
  sources: [source],
  citations: [],
  usage: { promptTokens: 3, completionTokens: 4, totalTokens: 7, cost: 0.25, estimated: false },
};

type Step = { text: string } | { error: Error } | "finish";

/** Answers at once with `pieces`, or, without them, as the test's script says. */
export function createScriptedAnswerer(pieces?: readonly string[]): ScriptedAnswerer {
  const asked: Script[] = [];
  const waiting: ((script: Script) => void)[] = [];

  return {
    nextTurn() {
      const script = asked.shift();
      if (script) return Promise.resolve(script);
      return new Promise((resolve) => {
        waiting.push(resolve);
      });
    },
    async *answer(request, signal) {
      if (pieces) {
        yield* pieces;
        return result;
      }
      const steps: Step[] = [];
      let wake = () => {};
      const add = (step: Step) => {
        steps.push(step);
        wake();
      };
      const script: Script = {
        request,
        push: (text) => add({ text }),
        finish: () => add("finish"),
        fail: (error) => add({ error }),
      };
      const waiter = waiting.shift();
      if (waiter) waiter(script);
      else asked.push(script);
      signal.addEventListener("abort", () => wake());
      while (!signal.aborted) {
        const step = steps.shift();
        if (step === "finish") return result;
        if (step && "error" in step) throw step.error;
        if (step) yield step.text;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      return result;
    },
  };
}
