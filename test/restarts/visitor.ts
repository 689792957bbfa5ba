/** Somebody who asks one question after another and reads each answer to its end. */
export interface Visitor {
  /** Resolves with the complete answer. Rejects with what a person would have seen, or a broken promise of the protocol. */
  ask(question: string): Promise<ReadAnswer>;
  /** Can be repeated. */
  close(): void;
}

export interface ReadAnswer {
  readonly messageId: string;
  readonly text: string;
}

/** What happened to all visitors together, for the counts at the end. */
export interface VisitorCounts {
  connections: number;
  refusedHandshakes: number;
  /** By code; `left` are those that a visitor gave up at a `reconnect`. */
  readonly closes: Map<number | "left", number>;
  reconnectFrames: number;
  resumes: number;
  resentQuestions: number;
  refusedQuestions: number;
  laterAttempts: number;
}

export function createCounts(): VisitorCounts {
  return {
    connections: 0,
    refusedHandshakes: 0,
    closes: new Map(),
    reconnectFrames: 0,
    resumes: 0,
    resentQuestions: 0,
    refusedQuestions: 0,
    laterAttempts: 0,
  };
}

export function listCounts(counts: VisitorCounts): string[] {
  const { closes, ...numbers } = counts;
  const codes = [...closes].toSorted(([one], [other]) => String(one).localeCompare(String(other)));
  return [
    ...Object.entries(numbers).map(([name, count]) => `${toWords(name).padEnd(20)} ${count}`),
    `${"closes by code".padEnd(20)} ${codes.map(([code, count]) => `${code}: ${count}`).join(", ") || 0}`,
  ];
}

function toWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
