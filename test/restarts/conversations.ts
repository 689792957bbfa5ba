import { createRandom } from "../faults/random.ts";
import { runTenant, type ApiWorld } from "../support/api-world.ts";
import { holdConversation, type ConversationResult } from "./conversation.ts";
import { startElementConversations } from "./element-conversations.ts";
import { createRawVisitor } from "./raw-visitor.ts";
import type { VisitorCounts } from "./visitor.ts";

export interface ConversationPlan {
  readonly conversations: number;
  /** How many of them go through the element's client; the others through a raw WebSocket. */
  readonly element: number;
  readonly seed: number;
}

/** All conversations of a run. */
export interface Conversations {
  /** Resolves when each has an answer. */
  readonly begun: Promise<unknown>;
  /** Lets the last answers be read to their ends. */
  stop(): Promise<ConversationResult[]>;
}

/** An answer that isn't complete by then is taken for lost. */
const answerMs = 60_000;

/** @param counts of the raw clients. @param opened ends what still goes on. */
export function startConversations(
  opened: AsyncDisposableStack,
  world: Pick<ApiWorld, "url" | "wsUrl">,
  { conversations, element, seed }: ConversationPlan,
  counts: VisitorCounts,
): Conversations {
  const enough = new AbortController();
  const names = Array.from({ length: conversations }, (_, index) => `conversation ${index + 1}`);
  const plan = { apiUrl: world.url, tenantId: runTenant, answerMs };
  const inElement = startElementConversations({ ...plan, names: names.slice(0, element) });
  opened.defer(inElement.close);
  const raw = names.slice(element).map((name) => {
    const random = createRandom(seed, name);
    const visitor = createRawVisitor({ url: world.wsUrl, tenantId: runTenant, random, counts });
    opened.defer(async () => visitor.close());
    return holdConversation(name, visitor, answerMs, enough.signal);
  });
  opened.defer(async () => enough.abort());
  return {
    begun: Promise.all([inElement.begun, ...raw.map(({ begun }) => begun)]),
    async stop() {
      enough.abort();
      const [element, ...others] = await Promise.all([
        inElement.stop(),
        ...raw.map(({ result }) => result),
      ]);
      return [...element, ...others];
    },
  };
}
