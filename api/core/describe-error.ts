import { AppError } from "./errors.ts";

/** What may be written down of an error: never a value that somebody sent or stored. */
export interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  /** Where it comes from, without the message; undefined where the engine says nothing. */
  readonly stack?: string;
  readonly cause?: ErrorDescription;
  /** Of an AggregateError. */
  readonly errors?: readonly ErrorDescription[];
  /** One of `plainFields`. */
  readonly [field: string]: unknown;
}

/**
 * Fields of errors that name a place and not a value. Errors carry a lot more: PostgreSQL's `detail` has the row that was
 * refused, the Redis client's `command` its arguments, and with them the password, the parser's `rawPacket` a request.
 */
const plainFields = [
  "code",
  "severity",
  "schema",
  "table",
  "column",
  "constraint",
  "routine",
  "syscall",
  "errno",
  "address",
  "port",
  "status",
] as const;

const longestMessage = 500;
/** Node repeats an argument that it refuses, and a rejection that nobody caught; Redis a command that it doesn't know. */
const repetition = /(?: Received | with the reason |, with args beginning with)[^]*/;
/** Causes of causes, so that a circle ends. */
const deepest = 5;

/** Describes an error for the log, with what caused it. What was thrown without being an error is only named by its type. */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: "" };
  const fields: Record<string, unknown> = {};
  for (const name of plainFields) {
    const value: unknown = Reflect.get(error, name);
    if (typeof value === "string" || typeof value === "number") fields[name] = value;
  }
  const isLast = depth === deepest;
  const errors = error instanceof AggregateError && !isLast ? error.errors : [];
  const stack = framesOf(error);
  return {
    type: error.constructor.name || error.name,
    message: messageOf(error),
    ...fields,
    ...(stack === "" ? {} : { stack }),
    ...(error.cause === undefined || isLast
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
    ...(errors.length === 0 ? {} : { errors: errors.map((one) => describeError(one, depth + 1)) }),
  };
}

function framesOf({ message, stack = "" }: Error): string {
  return stack
    .replace(message, "")
    .split("\n")
    .filter((line) => /^\s+at \S/.test(line))
    .join("\n");
}

/** The error's own words, as far as they are known to hold no value. */
function messageOf(error: Error): string {
  const { message } = error;
  if (error instanceof AppError) return message;
  const state = sqlStateOf(error);
  if (state !== undefined && !isPlainState(state)) return `PostgreSQL refuses with ${state}`;
  // The engine quotes what can't be read, sent or parsed.
  const quotes = error instanceof SyntaxError || error instanceof TypeError;
  const text = quotes ? message.replace(/"[^]*"/, '"…"') : message;
  // Behind the first line the ORM puts PostgreSQL's details, such as the row that was refused.
  return text.replace(repetition, "").split("\n", 1).join("").slice(0, longestMessage);
}

function sqlStateOf(error: Error): string | undefined {
  if (!("code" in error) || !("severity" in error)) return undefined;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code)
    ? error.code
    : undefined;
}

/**
 * Whether PostgreSQL's words for it name tables, constraints and roles alone. Those for bad data (class 22), for bad
 * syntax and for what a function raises quote values.
 */
function isPlainState(state: string): boolean {
  return /^(?:08|23|25|26|28|2D|3D|3F|40|42(?!601)|53|54|55|57|58)/.test(state);
}
