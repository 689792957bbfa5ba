/** Where a question is answered: anywhere in a document, or below one of its headings. */
export interface RelevantPlace {
  readonly source: string;
  /** Of any level, as it stands in the document. */
  readonly heading?: string | undefined;
}

/** A question with what is known of its answer. */
export interface JudgedQuestion {
  readonly id: string;
  readonly question: string;
  /** Each of these answers it. */
  readonly relevant: readonly RelevantPlace[];
  /** Whether the documents answer it. */
  readonly answerable: boolean;
}

/**
 * Reads questions, one a line: `{"id", "question", "relevant": [{"source", "heading"}], "answerable"}`.
 * @param name stands before each fault. @throws Error that lists all faults by their lines.
 */
export function readQuestions(text: string, name: string): JudgedQuestion[] {
  const questions: JudgedQuestion[] = [];
  const faults: string[] = [];
  const lineOf = new Map<string, number>();
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      const question = parseQuestion(line);
      const first = lineOf.get(question.id);
      if (first !== undefined)
        throw new Error(`id: ${question.id} stands in line ${first} already`);
      lineOf.set(question.id, i + 1);
      questions.push(question);
    } catch (error) {
      faults.push(`${name}:${i + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (questions.length === 0 && faults.length === 0) faults.push(`${name}: no questions`);
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return questions;
}

function parseQuestion(line: string): JudgedQuestion {
  const value = parseObject(line);
  const { id, question, relevant = [], answerable } = value;
  if (typeof id !== "string" || id === "") throw new Error("id: a text is expected");
  if (typeof question !== "string" || question.trim() === "")
    throw new Error("question: a text is expected");
  if (typeof answerable !== "boolean") throw new Error("answerable: true or false is expected");
  if (!Array.isArray(relevant)) throw new Error("relevant: a list is expected");
  if (answerable !== relevant.length > 0) {
    throw new Error(
      answerable
        ? "relevant: an answerable question needs a place"
        : "relevant: a question that isn't answerable has none",
    );
  }
  return { id, question, relevant: relevant.map(parsePlace), answerable };
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`not JSON (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  }
  if (!isObject(value)) throw new Error("an object is expected");
  return value;
}

function parsePlace(value: unknown, i: number): RelevantPlace {
  const { source, heading } = isObject(value) ? value : {};
  const isHeading = heading === undefined || (typeof heading === "string" && heading !== "");
  if (typeof source === "string" && source !== "" && isHeading) return { source, heading };
  throw new Error(`relevant[${i}]: {"source", "heading"} is expected, the latter optional`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
