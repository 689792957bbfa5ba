/** What a prompt may take; all in tokens. */
export interface PromptBudget {
  /** The system prompt, history, passages and question together. */
  readonly prompt: number;
  /** What is left to the answer. */
  readonly reply: number;
}

export const promptRules = {
  /** Of a model that nothing is known of: what Ollama gives its models, and the least in use. */
  unknownContext: 4096,
  /** However large a model's context is: each turn pays for its prompt. */
  mostPrompt: 12_000,
  mostReply: 4096,
  /** The part of the context that is planned with: other vocabularies count a little more than ours. */
  planned: 0.9,
  /** The passages' part of what the system prompt and the question leave. */
  passages: 0.75,
} as const;

/**
 * @param context of the model, prompt and reply together; undefined when nothing is known of it.
 * @param reply wanted for the answer; a quarter of the context, at most 4,096, where none is given.
 */
export function planBudget(context: number | undefined, reply: number | undefined): PromptBudget {
  const { unknownContext, mostPrompt, mostReply, planned } = promptRules;
  const whole = context ?? unknownContext;
  const kept = Math.min(reply ?? mostReply, reply === undefined ? whole / 4 : whole / 2);
  const prompt = Math.min(mostPrompt, (whole - kept) * planned);
  return { prompt: Math.floor(prompt), reply: Math.floor(kept) };
}
