import { describeError } from "../../core/describe-error.ts";

/** Errors of ioredis carry their command, of which one is AUTH: only their words may go on. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return describeError(error).message || code || error.name;
}
