import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import { mostCostOf } from "../../core/answering/budget.ts";
import { citeAnswer } from "../../core/answering/citations.ts";
import { costOf, type TokenUse } from "../../core/answering/cost.ts";
import { noUsage, type Usage } from "../../core/message.ts";
import type {
  Answerer,
  AnswerRequest,
  AnswerResult,
  PriceTable,
  TokenCounter,
} from "../../core/answering/answerer.ts";
import type { Clock, Logger } from "../../core/ports.ts";
import { planBudget } from "../../core/answering/prompt-budget.ts";
import { buildPrompt, type Prompt } from "../../core/answering/prompt.ts";
import type { Tenant } from "../../core/tenant.ts";
import { createClient, type Endpoint } from "./client.ts";
import { hideShared } from "./hide-shared.ts";
import { createRedactor, toModelError } from "./model-errors.ts";
import { openCompletion, type OpenDeps } from "./open-completion.ts";
import type { Timeouts } from "./patience.ts";

export interface OpenAIDeps extends Endpoint {
  /** The model that answers for a tenant. */
  readonly modelOf: (tenant: Tenant) => string;
  /** Tokens that the models take, prompt and answer together; left out: what is known of the model. */
  readonly contextTokens?: number | undefined;
  /**
   * The most tokens of an answer; left out: as many as the model likes to write, and where a budget has to hold what
   * they cost, as many as the prompt keeps free.
   */
  readonly replyTokens?: number | undefined;
  readonly timeouts: Timeouts & Pick<OpenDeps, "retryMs">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tokens: TokenCounter;
  readonly prices: PriceTable;
}

/**
 * UTF-16 units. Small models that run away without an end are stopped there, as if by their own
 * limit.
 */
export const longestAnswer = 65_536;

/**
 * Answers by a language model behind the chat completions of OpenAI's API, or of a server that
 * speaks it. An abort closes the request and ends the answer with what it has.
 * @throws ModelError, with what was used up to there; AppError BUDGET_EXCEEDED, before anything is asked.
 */
export function createOpenAIAnswerer(deps: OpenAIDeps): Answerer {
  const { clock, logger, timeouts } = deps;
  const redact = createRedactor(deps.apiKey);
  const client = createClient(deps);
  const opening = { client, clock, logger, timeouts, retryMs: timeouts.retryMs };

  return {
    async *answer(request, signal) {
      signal.throwIfAborted();
      const model = deps.modelOf(request.tenant);
      const room = planBudget(deps.contextTokens ?? deps.prices.contextOf(model), deps.replyTokens);
      const prompt = buildPrompt(request, deps.tokens, room.prompt);
      const { isLimited } = request.budget;
      const reply = isLimited ? Math.min(room.reply, longestAnswer) : room.reply;
      const most = { promptTokens: prompt.tokens, completionTokens: reply };
      const hold = isLimited ? mostCostOf(model, most, deps.prices) : undefined;
      const isAsked = deps.replyTokens !== undefined || hold !== undefined;
      const body = toBody(deps, request, model, prompt, isAsked ? reply : undefined);
      let text = "";
      const conclude = (reason: AnswerResult["finishReason"], use?: TokenUse): AnswerResult => ({
        finishReason: reason,
        model,
        ...citeAnswer(text, prompt.passages),
        usage: toUsage(deps, model, prompt, text, use),
      });
      const given = [request.question, ...prompt.messages.map(({ content }) => content)];
      const hide = (words: string) => hideShared(redact(words), [...given, text]);
      // Once for all tries: those that fail before the first piece cost nothing.
      if (hold !== undefined) await request.budget.reserve(hold);
      try {
        const { first, rest } = await openCompletion({ ...opening, redact: hide }, body, signal);
        await using parts = rest;
        let part = first;
        while (!part.done) {
          text += part.value;
          yield part.value;
          if (text.length > longestAnswer) return conclude("length");
          part = await parts.next();
        }
        return conclude(part.value.finishReason, part.value.use);
      } catch (error) {
        if (signal.aborted) return conclude("stop");
        // Without a piece of text nothing is known to have been worked at, nor charged.
        const usage = text === "" ? noUsage : toUsage(deps, model, prompt, text, undefined);
        throw toModelError(error, usage, text !== "", hide);
      }
    },
  };
}

function toBody(
  { baseUrl }: OpenAIDeps,
  { tenant }: AnswerRequest,
  model: string,
  { messages }: Prompt,
  reply: number | undefined,
): ChatCompletionCreateParamsStreaming {
  const { temperature } = tenant.settings;
  // OpenAI's newer models refuse the old name, and some other servers don't know the new one.
  const limit = baseUrl === undefined ? "max_completion_tokens" : "max_tokens";
  return {
    model,
    messages: [...messages],
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature !== null && temperature >= 0 && temperature <= 2 && { temperature }),
    ...(reply !== undefined && { [limit]: reply }),
  };
}

/** The provider's numbers; where it gave none, ours. */
function toUsage(
  { tokens, prices }: OpenAIDeps,
  model: string,
  prompt: Prompt,
  text: string,
  given: TokenUse | undefined,
): Usage {
  const counted = () => ({
    promptTokens: prompt.tokens,
    completionTokens: tokens.countTokens(text),
  });
  const use = given ?? counted();
  const { promptTokens, completionTokens } = use;
  return {
    promptTokens,
    completionTokens,
    totalTokens: promptTokens + completionTokens,
    cost: costOf(model, use, prices),
    estimated: given === undefined,
  };
}
