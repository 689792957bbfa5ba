import { createOpenAIAnswerer, type OpenAIDeps } from "../../api/adapters/openai/answerer.ts";
import type {
  Answerer,
  AnswerRequest,
  AnswerResult,
  PriceTable,
} from "../../api/core/answering/answerer.ts";
import type { Passage } from "../../api/core/documents/retriever.ts";
import { createWake } from "../../api/core/turns/wake.ts";
import { unlimited } from "./budget.ts";
import { createManualClock, settle, type ManualClock } from "./clock.ts";
import { tokens } from "./core.ts";
import { createRecordingLogger } from "./logger.ts";
import { startModelServer, type ModelServer } from "./openai-server.ts";
import { makeTenant } from "./tenant.ts";

export const prices: PriceTable = {
  priceOf: (model) =>
    model === "gpt-test"
      ? { inputPerToken: 0.001, outputPerToken: 0.002, cachedInputPerToken: 0.0005 }
      : undefined,
  contextOf: () => 32_000,
};

export const timeouts = { firstPieceMs: 60_000, idleMs: 30_000, retryMs: 20_000 };

export const passages: readonly Passage[] = [
  makePassage(1, "Tomatoes want six hours of sun. Water them in the morning.", 0.9),
  makePassage(2, "Beans climb on strings. Sow them after the last frost.", 0.6),
];

export function makePassage(n: number, text: string, score: number): Passage {
  return {
    id: `passage-${n}`,
    documentId: `document-${n}`,
    title: `Title ${n}`,
    url: null,
    heading: `Heading ${n}`,
    page: null,
    text,
    start: 100 * n,
    score,
  };
}

/** An answer that is being given. */
export interface Asked {
  readonly pieces: readonly string[];
  text(): string;
  readonly result: Promise<AnswerResult>;
  /** Resolves when so much text has come. */
  reaches(text: string): Promise<void>;
  abort(): void;
}

export function askOf(answerer: Answerer, request: Partial<AnswerRequest> = {}): Asked {
  const controller = new AbortController();
  const pieces: string[] = [];
  const grown = createWake();
  const never = new AbortController().signal;
  const whole = {
    tenant: makeTenant("demo"),
    question: "How much sun do tomatoes want?",
    history: [],
    passages,
    budget: unlimited,
    ...request,
  };
  const run = async (): Promise<AnswerResult> => {
    const parts = answerer.answer(whole, controller.signal);
    for (;;) {
      const part = await parts.next();
      if (part.done) return part.value;
      pieces.push(part.value);
      grown.notify();
    }
  };
  const result = run();
  result.catch(() => "Whoever awaits `result` gets the rejection");
  const text = () => pieces.join("");
  return {
    pieces,
    text,
    result,
    async reaches(expected) {
      while (text() !== expected) {
        if (!expected.startsWith(text())) throw new Error(`${text()} came, not ${expected}`);
        await grown.wait(never);
      }
    },
    abort: () => controller.abort(),
  };
}

/** An answerer with its model server, on a clock that stands still. */
export interface ModelWorld {
  readonly server: ModelServer;
  readonly clock: ManualClock;
  readonly logger: ReturnType<typeof createRecordingLogger>;
  readonly answerer: Answerer;
  ask(request?: Partial<AnswerRequest>): Asked;
  /** Lets the time of each pause before another request pass, until the promise is settled. */
  passPauses<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function openModelWorld(options: Partial<OpenAIDeps> = {}): Promise<ModelWorld> {
  const server = await startModelServer();
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const answerer = createOpenAIAnswerer({
    apiKey: "sk-secret-key-of-the-test",
    baseUrl: server.baseUrl,
    modelOf: (tenant) => tenant.settings.model ?? "gpt-test",
    timeouts,
    clock,
    logger,
    tokens,
    prices,
    ...options,
  });
  return {
    server,
    clock,
    logger,
    answerer,
    ask: (request) => askOf(answerer, request),
    async passPauses(promise) {
      const pauses = () => logger.lines.filter(({ fields }) => "pause_ms" in fields);
      let isSettled = false;
      let passed = pauses().length;
      const done = promise.finally(() => (isSettled = true));
      done.catch(() => "The caller gets the rejection");
      while (!isSettled) {
        await settle();
        const line = pauses()[passed];
        if (!line) continue;
        passed += 1;
        clock.advance(Number(Reflect.get(line.fields, "pause_ms")));
      }
      return done;
    },
    close: () => server.close(),
  };
}
