import { HTTPException } from "hono/http-exception";
import { z } from "@hono/zod-openapi";
import { challengeOf } from "../core/access/credentials.ts";
import { AppError, errorTable, toAppError, type ErrorCode } from "../core/errors.ts";
import type { HttpContext } from "./env.ts";

/** The one shape of an error over HTTP, whatever went wrong. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      request_id: z.string(),
      retry_after: z.int().optional().openapi({ description: "Seconds until a retry can succeed" }),
      details: z
        .array(z.object({ path: z.string(), message: z.string() }))
        .optional()
        .openapi({ description: "Of INVALID_REQUEST: every field at fault" }),
    }),
  })
  .openapi("Error");

export type ErrorBody = z.infer<typeof errorSchema>;

/** A request that its schema refuses: the message names the first fault, the details name all. */
export function invalidRequest(cause: z.ZodError): AppError {
  const first = listFaults(cause)[0];
  const message = first ? `${first.path || "request"}: ${first.message}` : "The request is invalid";
  return new AppError("INVALID_REQUEST", message, { cause });
}

/** Hono's own refusals under our codes; everything else as toAppError has it. */
export function toHttpError(error: unknown): AppError {
  if (!(error instanceof HTTPException)) return toAppError(error);
  if (error.status === 400)
    return new AppError("INVALID_JSON", "The body is not JSON", { cause: error });
  if (error.status === 415) return unsupportedMediaType(error);
  return toAppError(error);
}

/** @param types what would be taken. */
export function unsupportedMediaType(cause?: unknown, types = "application/json"): AppError {
  return new AppError("UNSUPPORTED_MEDIA_TYPE", `The body must be ${types}`, { cause });
}

/** An error as the body of its response. */
export function errorBody(
  { code, message, retryAfter, cause }: AppError,
  requestId: string,
): ErrorBody {
  return {
    error: {
      code,
      message,
      request_id: requestId,
      ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
      ...(cause instanceof z.ZodError ? { details: listFaults(cause) } : {}),
    },
  };
}

/** Answers a request with an error; Retry-After and WWW-Authenticate where they belong. */
export function answerError(c: HttpContext, error: AppError): Response {
  c.header("Cache-Control", "no-store");
  if (error.retryAfter !== undefined) c.header("Retry-After", String(error.retryAfter));
  const { status } = errorTable[error.code];
  if (status === 401) c.header("WWW-Authenticate", challengeOf(error));
  return c.json(errorBody(error, c.var.requestId), status);
}

function listFaults(error: z.ZodError) {
  return error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
}

/** The documented responses of some codes, one for each status. */
export function errorResponses(...codes: ErrorCode[]) {
  const statuses = Map.groupBy(codes, (code) => errorTable[code].status);
  const content = { "application/json": { schema: errorSchema } };
  return Object.fromEntries(
    [...statuses].map(([status, group]) => [status, { description: group.join(", "), content }]),
  );
}
