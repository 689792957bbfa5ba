import { startModelServer, type ModelRequest, type ModelServer } from "../support/openai-server.ts";
import { rest } from "./rest.ts";
import { writePiece, type AnswerPlan } from "./answer-plan.ts";

/** A language model on loopback that answers as planned, and no two requests alike. */
export interface Model {
  readonly baseUrl: string;
  /** To be called before the question is asked. */
  expect(tag: string, plan: AnswerPlan): void;
  /** All texts that were sent for the question, one for each request. */
  textsOf(tag: string): readonly string[];
  close(): Promise<void>;
}

/** How a question names its turn. */
export function writeQuestion(tag: string): string {
  return `Please answer turn #${tag}#`;
}

const tagPattern = /#([\d.k]+)#/;

export async function startModel(): Promise<Model> {
  const server: ModelServer = await startModelServer();
  const plans = new Map<string, AnswerPlan>();
  const texts = new Map<string, string[]>();

  server.use((request) => {
    const tag = tagPattern.exec(request.body.messages.at(-1)?.content ?? "")?.[1] ?? "";
    const plan = plans.get(tag);
    const said = texts.get(tag) ?? [];
    // Found in the end: nobody asked what is stored.
    if (!plan) return request.fail(400, { message: "This question was not expected" });
    texts.set(tag, said);
    const index = said.push("") - 1;
    const say = (piece: string) => {
      said[index] += piece;
      request.say(piece);
    };
    void answer(request, plan, say, (piece) => writePiece(tag, index, piece, plan.length));
  });

  return {
    baseUrl: server.baseUrl,
    expect: (tag, plan) => void plans.set(tag, plan),
    textsOf: (tag) => texts.get(tag) ?? [],
    close: () => server.close(),
  };
}

async function answer(
  request: ModelRequest,
  plan: AnswerPlan,
  say: (piece: string) => void,
  write: (piece: number) => string,
): Promise<void> {
  if (plan.end === "refused") return request.fail(400, { message: "Not this one" });
  const over = new AbortController();
  void request.over.then(() => over.abort());
  const pause = (ms: number) => rest(ms, over.signal);
  request.start();
  for (let piece = 0; piece < plan.pieces; piece += 1) {
    if (plan.silence?.before === piece) await pause(plan.silence.ms);
    if (over.signal.aborted) return;
    say(write(piece));
    await pause(plan.paceMs);
  }
  if (over.signal.aborted) return;
  if (plan.end === "cut") return request.cut();
  const completion_tokens = plan.pieces;
  request.finish(plan.end);
  request.usage({ prompt_tokens: 10, completion_tokens, total_tokens: 10 + completion_tokens });
  request.done();
}
