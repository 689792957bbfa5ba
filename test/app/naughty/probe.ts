import { errorTable } from "../../../api/core/errors.ts";
import { show } from "./strings.ts";

/** What a door said: a refusal by its code, or what it gives back of each field, wherever that stands. */
export type Answer =
  | { readonly status: number; readonly code: string | undefined }
  | { readonly status: number; readonly found: (field: string) => readonly unknown[] };

/** One operation of a door with the places in it that take text. */
export interface Form {
  readonly name: string;
  readonly fields: readonly string[];
  /** Fields of whose text nothing comes back, such as ids and tokens: they may not break anything. */
  readonly silent?: boolean;
  /** @param lane one of those that run at the same time, from 0. */
  readonly send: (values: Readonly<Record<string, string>>, lane: number) => Promise<Answer>;
  /** What is given back in place of the text where that is documented; undefined: the text itself. */
  readonly expected?: Expected;
}

/** A pattern stands for what is made where a text counts as left out. */
export type Expected = (field: string, text: string) => string | RegExp | null | undefined;

export interface Sweep {
  /** How often each field's text was kept. */
  readonly kept: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
}

/** Codes of GraphQL's own, beside those of the table. */
const graphqlCodes = ["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"];
const codes: ReadonlySet<string> = new Set([...Object.keys(errorTable), ...graphqlCodes]);

export const laneCount = 6;

/**
 * Sends every string in all fields at once and, where that is refused, in each field alone: what one
 * field can't hold must not hide what another does.
 */
export async function sweep(form: Form, strings: readonly string[]): Promise<Sweep> {
  const kept = new Map<string, number>();
  const faults: string[] = [];

  async function attempt(fields: readonly string[], text: string, lane: number): Promise<boolean> {
    const what = `${form.name} ${fields.join("+")} ${show(text)}`;
    const values = Object.fromEntries(fields.map((field) => [field, text]));
    const answer = await form.send(values, lane).catch((error: unknown) => {
      faults.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    });
    if (!answer) return false;
    if (!("found" in answer)) {
      const isClean = answer.status >= 400 && answer.status < 500 && codes.has(answer.code ?? "");
      if (!isClean) faults.push(`${what}: ${answer.status} ${answer.code}`);
      return false;
    }
    if (answer.status >= 400) faults.push(`${what}: ${answer.status}`);
    for (const field of form.silent ? [] : fields) {
      const documented = form.expected?.(field, text);
      const expected = documented === undefined ? text : documented;
      const found = answer.found(field);
      const isThere =
        expected instanceof RegExp
          ? found.some((value) => expected.test(String(value)))
          : found.includes(expected);
      if (!isThere) faults.push(`${what}: ${field} is ${show(found)}`);
      else kept.set(field, (kept.get(field) ?? 0) + 1);
    }
    return true;
  }

  const waiting = strings.values();
  let seen = 0;
  await Promise.all(
    Array.from({ length: laneCount }, async (_, lane) => {
      for (const text of waiting) {
        // What takes hardly anything, such as an address, would spoil each attempt.
        const rare = form.fields.filter((field) => (kept.get(field) ?? 0) < (seen - 50) / 10);
        const together = form.fields.filter((field) => !rare.includes(field));
        seen += 1;
        const wasKept = together.length > 0 && (await attempt(together, text, lane));
        const alone = wasKept || together.length === 1 ? rare : form.fields;
        for (const field of alone) await attempt([field], text, lane);
      }
    }),
  );
  return { kept, faults };
}

/** Every value that stands under a name, however deep. */
export function findValues(value: unknown, name: string): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(key === name ? [inner] : []),
    ...findValues(inner, name),
  ]);
}
