import { noUsage } from "../../api/core/message.ts";
import type { Answerer, AnswerRequest, AnswerResult } from "../../api/core/answering/answerer.ts";
import { createWake } from "../../api/core/turns/wake.ts";

export const plainResult: AnswerResult = {
  finishReason: "stop",
  model: "test-model",
  sources: [],
  citations: [],
  usage: noUsage,
};

/** One answer that is being given; the test decides what comes and when. */
export interface ManualAnswer {
  readonly request: AnswerRequest;
  readonly signal: AbortSignal;
  say(...texts: string[]): void;
  finish(result?: Partial<AnswerResult>): void;
  fail(error: unknown): void;
}

export interface ManualAnswerer extends Answerer {
  /** The answers that were asked for so far. */
  readonly asked: readonly ManualAnswer[];
  /** Resolves with the n-th answer that is asked for, from 0. */
  nth(index: number): Promise<ManualAnswer>;
}

type Step = { text: string } | { result: AnswerResult } | { error: unknown };

/** @param onAbort what an aborted answer does: it ends by a throw, as a fetch does, or by a return. */
export function createManualAnswerer(onAbort: "throw" | "return" = "throw"): ManualAnswerer {
  const asked: ManualAnswer[] = [];
  const arrived = createWake();
  const never = new AbortController().signal;

  return {
    asked,
    async nth(index) {
      for (;;) {
        const answer = asked[index];
        if (answer) return answer;
        await arrived.wait(never);
      }
    },
    async *answer(request, signal) {
      const steps: Step[] = [];
      const wake = createWake();
      const add = (step: Step): void => {
        steps.push(step);
        wake.notify();
      };
      asked.push({
        request,
        signal,
        say: (...texts) => texts.forEach((text) => add({ text })),
        finish: (result) => add({ result: { ...plainResult, ...result } }),
        fail: (error) => add({ error }),
      });
      arrived.notify();
      for (;;) {
        if (signal.aborted && onAbort === "return") return plainResult;
        signal.throwIfAborted();
        const step = steps.shift();
        if (!step) await wake.wait(signal);
        else if ("text" in step) yield step.text;
        else if ("result" in step) return step.result;
        else throw step.error;
      }
    },
  };
}
