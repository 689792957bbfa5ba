import { AppError } from "../../core/errors.ts";

/** The SQLSTATE of a failed query, also of one that the ORM has wrapped. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/**
 * Trouble with the connection, a failover, a lost race or one of our time limits: nothing is wrong with
 * the query, and a later one may pass.
 */
const awayStates =
  /^(0800[0-6]|57P0[1-5]|57014|25P03|55P03|53300|25006|40001|40P01|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
const awayTexts =
  /timeout exceeded when trying to connect|timeout expired|Connection terminated|Client has encountered a connection error|Client was closed and is not queryable|Query read timeout|driver has already been destroyed/;

/** A database that is away becomes SERVICE_UNAVAILABLE; everything else stays as it is. */
export function translateError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  // The chat would be a user's who was deleted meanwhile.
  if (sqlState(error) === "MT001")
    return new AppError("INVALID_TOKEN", "The token is not valid", { cause: error });
  if (!awayStates.test(sqlState(error) ?? "") && !awayTexts.test(error.message)) return error;
  return unavailable(error);
}

/** What a client is told while the work can't be done, and may be done soon. */
export function unavailable(cause: unknown): AppError {
  const text = "The service is busy: try again in a moment";
  return new AppError("SERVICE_UNAVAILABLE", text, { retryAfter: 2, cause });
}

/** The schema, a table in it, its role or the role's rights are not there (yet, or any more). */
export function isSchemaMissing(error: unknown): boolean {
  return ["42P01", "3F000", "22023", "42704", "42501"].includes(sqlState(error) ?? "");
}

export function isForeignKeyViolation(error: unknown): boolean {
  return sqlState(error) === "23503";
}
