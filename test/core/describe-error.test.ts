import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { describeError } from "../../api/core/describe-error.ts";
import { AppError } from "../../api/core/errors.ts";

const words = "what somebody said";

/** An error as PostgreSQL's driver makes it. */
function databaseError(code: string, message: string): Error {
  const fields = { code, severity: "ERROR", detail: words, where: words, table: "chat_messages" };
  return Object.assign(new Error(message), fields);
}

describe("an error is described", () => {
  test("with where it comes from, and without what it carries", () => {
    const error = Object.assign(new Error("It failed"), {
      code: "ECONNRESET",
      command: { name: "auth", args: [words] },
      rawPacket: Buffer.from(words),
      input: words,
      detail: words,
      status: 502,
      headers: { authorization: words },
    });
    const described = describeError(error);
    expect(described).toEqual({
      type: "Error",
      message: "It failed",
      code: "ECONNRESET",
      status: 502,
      stack: expect.stringMatching(/^ +at .*describe-error\.test\.ts/),
    });
    expect(inspect(described, { showHidden: true, depth: 9 })).not.toContain(words);
  });

  test("with its causes, and a circle ends", () => {
    const inner = new Error("the inner one");
    const outer = new AppError("SERVICE_UNAVAILABLE", "Try again", { cause: inner });
    inner.cause = outer;
    expect(describeError(outer)).toMatchObject({
      type: "AppError",
      message: "Try again",
      code: "SERVICE_UNAVAILABLE",
      status: 503,
      cause: { type: "Error", message: "the inner one", cause: { message: "Try again" } },
    });
    const all = new AggregateError([inner, words], "Not everything could be closed");
    expect(describeError(all)).toMatchObject({
      errors: [{ message: "the inner one" }, { type: "string", message: "" }],
    });
    expect(inspect(describeError(all), { depth: 20 })).not.toContain(words);
  });

  test.each([
    [
      databaseError("23505", 'duplicate key violates "chats_pkey"'),
      'duplicate key violates "chats_pkey"',
    ],
    [databaseError("23514", `violates "no_check"\n - detail: (${words})`), 'violates "no_check"'],
    [databaseError("42P01", 'relation "chats" does not exist'), 'relation "chats" does not exist'],
    [databaseError("22P02", `invalid input: "${words}"`), "PostgreSQL refuses with 22P02"],
    [databaseError("42601", `syntax error at "${words}"`), "PostgreSQL refuses with 42601"],
    [databaseError("P0001", words), "PostgreSQL refuses with P0001"],
    [
      new SyntaxError(`Unexpected token, "${words}" is not JSON`),
      'Unexpected token, "…" is not JSON',
    ],
    [new TypeError(`Headers.append: "${words}" is no value`), 'Headers.append: "…" is no value'],
    [new TypeError(`A string is expected. Received '${words}'`), "A string is expected."],
    [new Error(`ERR unknown command, with args beginning with: '${words}'`), "ERR unknown command"],
    [new Error(`It was rejected with the reason "${words}"`), "It was rejected"],
    [new Error("x".repeat(1000)), "x".repeat(500)],
  ])("%s", (error, message) => {
    const described = describeError(error);
    expect(described.message).toBe(message);
    expect(inspect(described, { depth: 9 })).not.toContain(words);
  });

  test("and what is no error is only named by its type", () => {
    expect(describeError(words)).toEqual({ type: "string", message: "" });
    expect(describeError({ message: words })).toEqual({ type: "object", message: "" });
    expect(describeError(undefined)).toEqual({ type: "undefined", message: "" });
  });
});
