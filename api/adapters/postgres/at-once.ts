import type { MikroORM } from "@mikro-orm/core";
import type { PostgreSqlDriver } from "@mikro-orm/postgresql";
import pg from "pg";
import { AppError } from "../../core/errors.ts";
import { translateError } from "./errors.ts";

/** What may stand in a statement that is sent as text. */
type Literal = string | number | null;

/** A column of a row that a statement gave. */
export type RawRow = Readonly<Record<string, unknown>>;

/**
 * Runs statements in one round trip, as one transaction: PostgreSQL takes what one message holds for one, and undoes
 * it where a statement fails. Each statement sees what those before it have waited for.
 * @returns the rows of each; undefined where one was refused: then nothing was stored, and the
 *   same work done step by step says why. @throws AppError SERVICE_UNAVAILABLE; then it may have been stored.
 */
export async function runAtOnce(
  orm: MikroORM<PostgreSqlDriver>,
  settings: Readonly<Record<string, string | number>>,
  statements: readonly string[],
): Promise<RawRow[][] | undefined> {
  const set = Object.entries(settings).map(([name, value]) =>
    fill("set_config(?, ?, true)", [name, String(value)]),
  );
  const text = [`select ${set.join(", ")}`, ...statements].join(";\n");
  try {
    const pool = await orm.driver.getConnection().getNativeClient();
    const results: unknown = await pool.query(text);
    if (!Array.isArray(results)) throw new Error("Several statements gave one result");
    return results.slice(1).map(({ rows }: pg.QueryResult<RawRow>) => rows);
  } catch (cause) {
    const error = translateError(cause);
    if (error instanceof AppError || !(error instanceof pg.DatabaseError)) throw error;
    return undefined;
  }
}

/**
 * Writes values in place of a statement's question marks, each as a literal: several statements in one message can't
 * have parameters. So never what people say, which the database would log with the statement that fails. Never twice,
 * since a value may hold question marks too.
 */
export function fill(sql: string, values: readonly Literal[]): string {
  const parts = sql.split("?");
  if (parts.length !== values.length + 1)
    throw new Error(`${parts.length - 1} places in a statement, and ${values.length} values`);
  return parts.reduce((text, part, index) => text + toLiteral(values[index - 1] ?? null) + part);
}

function toLiteral(value: Literal): string {
  if (value === null) return "null";
  return typeof value === "string" ? pg.escapeLiteral(value) : `(${value})`;
}
