import { errors } from "jose";
import { invalidToken } from "../../core/access/gate.ts";
import type { AppError } from "../../core/errors.ts";

/** The one refusal of every token. @param reason for the log: never a text of the token. */
export function refuse(reason: string): AppError {
  return invalidToken(new Error(reason));
}

/**
 * The refusal for what went wrong on the way. Of a foreign error no more than its code and the claim's name is
 * kept, since its message or cause may quote the token or what it says of a person.
 */
export function refuseFor(error: unknown): AppError {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
    return refuse(`${error.code}: ${error.claim}`);
  if (error instanceof errors.JOSEError) return refuse(error.code);
  return refuse(error instanceof Error ? error.name : "It can't be read");
}
