import type { Api } from "../miptech/api.ts";
import type { Outcome, Place } from "./judge-answers.ts";
import type { JudgedQuestion } from "./questions.ts";

/** A tenant on the running server. */
export interface EvalServer {
  /** What stands below /admin. */
  readonly admin: Api;
  /** What stands below /chat. */
  readonly chat: Api;
  /** Milliseconds that were waited since the server takes no more requests for the moment. */
  readonly waited: () => number;
}

interface RemoteCitation {
  readonly verified: boolean;
}

interface RemoteSource {
  readonly document_id: string;
  readonly heading: string;
}

interface RemoteReply {
  readonly sources: readonly RemoteSource[] | null;
  readonly citations: readonly RemoteCitation[] | null;
  readonly error: { readonly code: string } | null;
}

/** Passages that are asked for: as many as the measures look at. */
const limit = "10";

/**
 * Asks each question in a chat of its own, which is deleted again.
 * @throws Error for a question that names a document which the tenant hasn't, before anything is asked.
 */
export async function* askQuestions(
  server: EvalServer,
  questions: readonly JudgedQuestion[],
): AsyncGenerator<Outcome, void, undefined> {
  const documents = await server.admin.listAll<{ id: string; source: string }>("/documents");
  const sources = new Map(documents.map(({ id, source }) => [id, source]));
  checkSources(questions, new Set(sources.values()));
  const toPlace = ({ document_id, heading }: RemoteSource): Place => ({
    source: sources.get(document_id) ?? document_id,
    heading,
  });
  for (const question of questions) {
    const search = await time(server, () =>
      server.admin.call<{ passages: RemoteSource[] }>("/documents/search", {
        query: { q: question.question, limit },
      }),
    );
    const answer = await askOne(server, question.question);
    const { sources: cited, citations, error } = answer.value;
    yield {
      question,
      found: search.value.passages.map(toPlace),
      cited: error ? undefined : (cited ?? []).map(toPlace),
      verified: (citations ?? []).map(({ verified }) => verified),
      searchMs: search.ms,
      answerMs: answer.ms,
    };
  }
}

async function askOne(
  server: EvalServer,
  content: string,
): Promise<{ value: RemoteReply; ms: number }> {
  const { chat } = server;
  const { id } = await chat.call<{ id: string }>("", {
    method: "POST",
    json: { title: "Evaluation" },
  });
  try {
    const { value, ms } = await time(server, () =>
      chat.call<{ reply: RemoteReply }>(`/${id}/messages`, { method: "POST", json: { content } }),
    );
    return { value: value.reply, ms };
  } finally {
    await chat.send(`/${id}`, { method: "DELETE" });
  }
}

function checkSources(questions: readonly JudgedQuestion[], known: ReadonlySet<string>): void {
  const faults = questions.flatMap(({ id, relevant }) =>
    relevant
      .filter(({ source }) => !known.has(source))
      .map(({ source }) => `${id}: the tenant has no document ${source}`),
  );
  if (faults.length > 0) throw new Error([...new Set(faults)].join("\n"));
}

/** How long something takes, without the pauses that the server asks for. */
async function time<Value>(
  { waited }: EvalServer,
  work: () => Promise<Value>,
): Promise<{ value: Value; ms: number }> {
  const [began, waitedBefore] = [performance.now(), waited()];
  const value = await work();
  return { value, ms: performance.now() - began - (waited() - waitedBefore) };
}
