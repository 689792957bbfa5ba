import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ConversationResult } from "./conversation.ts";

/** What the process with the element's clients is told in its argument, as JSON. */
export interface ElementPlan {
  /** The platform's, as a page has it. */
  readonly apiUrl: string;
  readonly tenantId: string;
  /** One for each conversation. */
  readonly names: readonly string[];
  /** An answer that isn't complete by then is taken for lost. */
  readonly answerMs: number;
}

/** What it tells. */
export type ElementMessage =
  | { readonly type: "begun" }
  | { readonly type: "ended"; readonly results: readonly ConversationResult[] };

/** Conversations that are held through the element's own client. */
export interface ElementConversations {
  /** Resolves when each has an answer. Rejects when the process ends before. */
  readonly begun: Promise<void>;
  /** Lets the last answers be read to their ends. */
  stop(): Promise<readonly ConversationResult[]>;
  /** Ends the process if it lives. */
  close(): Promise<void>;
}

// Checked as the element is, with the types of a browser; hence no import but a process.
const program = join(import.meta.dirname, "../element/support/headless-visitors.ts");

export function startElementConversations(plan: ElementPlan): ElementConversations {
  const child = fork(program, [JSON.stringify(plan)], { stdio: "inherit" });
  const exited = once(child, "exit");
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<readonly ConversationResult[]>();
  // Each is waited for only by a run that gets so far.
  for (const { promise } of [begun, ended]) promise.catch(() => undefined);
  child.on("message", (message: ElementMessage) => {
    if (message.type === "begun") begun.resolve();
    else ended.resolve(message.results);
  });
  // Comes after all messages, which the end of the process may overtake.
  child.once("disconnect", () => {
    const error = new Error("The process with the element's clients ended too early");
    begun.reject(error);
    ended.reject(error);
  });
  return {
    begun: begun.promise,
    stop() {
      if (child.connected) child.send("stop");
      return ended.promise;
    },
    async close() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
