import { AppError, type ErrorCode } from "../errors.ts";
import type { Usage } from "../message.ts";

export type ModelErrorCode = Extract<ErrorCode, `MODEL_${string}`>;

/** A language model that doesn't answer, or that broke off. */
export class ModelError extends AppError {
  /** What was used up to there. */
  readonly usage: Usage;

  constructor(
    code: ModelErrorCode,
    message: string,
    options: { usage: Usage; retryAfter?: number; cause?: unknown },
  ) {
    super(code, message, options);
    this.usage = options.usage;
  }
}

/**
 * Whether another answerer should answer in its place. A request that the model refuses for its
 * content is our fault or the question's: it is told, and not covered up.
 */
export function isModelDown(error: unknown): boolean {
  return error instanceof ModelError && error.code !== "MODEL_REFUSED_REQUEST";
}
