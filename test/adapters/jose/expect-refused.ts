import { inspect } from "node:util";
import { expect } from "vitest";
import { AppError } from "../../../api/core/errors.ts";

/** Expects the one refusal that all wrong tokens get, and that it holds nothing of the token. */
export async function expectRefused(attempt: Promise<unknown>, token: string): Promise<void> {
  const error: unknown = await attempt.then(
    () => "accepted",
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`Not refused: ${inspect(error)}`);
  expect(error.code).toBe("INVALID_TOKEN");
  expect(error.message).toBe("The token is not valid");
  const shown = inspect(error, { depth: 10, showHidden: true, maxStringLength: null });
  for (const part of token.split(".")) {
    if (part.length > 10) expect(shown).not.toContain(part.slice(0, 10_000));
    const text = Buffer.from(part, "base64url").toString();
    for (const [, value = ""] of text.matchAll(/"sub":"([^"]{5,})/g))
      expect(shown).not.toContain(value);
  }
}
