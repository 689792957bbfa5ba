import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { AppError, toAppError } from "../core/errors.ts";
import type { Logger } from "../core/ports.ts";
import { hideValues } from "./hide-values.ts";

/** Shows an error to a client: ours by its code, a stranger masked, and logged with these fields. */
export type PresentError = (error: unknown, fields: object) => GraphQLError;

/** What the libraries say of a request, in our codes. Those of a document stay as the field has them. */
const codes: ReadonlyMap<unknown, string> = new Map([
  ["GRAPHQL_PARSE_FAILED", "GRAPHQL_PARSE_FAILED"],
  ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_VALIDATION_FAILED"],
  ["QUERY_TOO_COMPLEX", "QUERY_TOO_COMPLEX"],
]);

export function createPresenter(logger: Logger): PresentError {
  const presented = new WeakSet<GraphQLError>();

  return (error, fields) => {
    if (error instanceof GraphQLError && presented.has(error)) return error;
    const isTheirs = isOfRequest(error);
    const shown = isTheirs ? showRequestError(error) : showFieldError(error);
    const cause = findCause(error);
    if (!isTheirs && isOurFault(cause)) {
      logger.error({ err: withoutValues(cause), ...fields }, "A GraphQL operation failed");
    }
    presented.add(shown);
    return shown;
  };
}

/** An AppError as GraphQL shows it, before or without an operation. */
export function toGraphqlError({ code, message, retryAfter }: AppError): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code, ...(retryAfter === undefined ? {} : { retryAfter }) },
  });
}

/** A result's errors as they go out, without what only the HTTP status is made from. */
export function formatErrors(errors: readonly GraphQLError[]): GraphQLFormattedError[] {
  return errors.map((error) => {
    const { extensions = {}, ...rest } = error.toJSON();
    const { http: _http, ...shown } = extensions;
    return { ...rest, extensions: shown };
  });
}

/** The request itself is at fault: its document, its variables, its form. Nothing was executed. */
function isOfRequest(error: unknown): error is GraphQLError {
  const isGraphqls = error instanceof GraphQLError && findCause(error) instanceof GraphQLError;
  // What GraphQL says of a result stands at a path, and is our own fault.
  return isGraphqls && error.path === undefined;
}

function showRequestError(error: GraphQLError): GraphQLError {
  const { code: given, http, originalError } = error.extensions;
  const isUnreadable = given === "BAD_REQUEST" && originalError !== undefined;
  const code = isUnreadable ? "INVALID_JSON" : (codes.get(given) ?? "INVALID_REQUEST");
  // What was understood as GraphQL is answered with 200 to those who accept no newer media type.
  const isUnderstood = given === undefined || given === "BAD_USER_INPUT" || given === code;
  const status = http?.status ?? 400;
  const { nodes = null, source = null, positions = null } = error;
  const extensions = {
    code,
    http: isUnderstood ? { spec: true, status } : { ...http, status, spec: false },
  };
  return new GraphQLError(hideValues(error.message), { nodes, source, positions, extensions });
}

function showFieldError(error: unknown): GraphQLError {
  const { code, message, retryAfter } = toAppError(findCause(error));
  const place = error instanceof GraphQLError ? error : null;
  const { nodes = null, source = null, positions = null, path = null } = place ?? {};
  const extensions = { code, ...(retryAfter === undefined ? {} : { retryAfter }) };
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}

/** What GraphQL says of a result that its schema forbids quotes it. */
function withoutValues(cause: unknown): unknown {
  if (!(cause instanceof GraphQLError)) return cause;
  const shown = new Error(hideValues(cause.message));
  shown.name = cause.name;
  return shown;
}

/** A stranger, or an error of ours that hides one; that the server restarts is no fault. */
function isOurFault(cause: unknown): boolean {
  return !(cause instanceof AppError) || (cause.status >= 500 && cause.cause !== undefined);
}

/** The error that GraphQL's errors were wrapped around. */
function findCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}
