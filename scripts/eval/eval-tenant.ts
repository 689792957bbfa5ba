import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { loadAdminAccess } from "../../api/config.ts";
import { createApi } from "../miptech/api.ts";
import { checkReceiver } from "../miptech/receiver.ts";
import { askQuestions, type EvalServer } from "./ask-questions.ts";
import { isAnswered, isRight, judgeAnswers, type Outcome } from "./judge-answers.ts";
import { readQuestions } from "./questions.ts";

export interface TenantEvalOptions {
  readonly tenantId: string;
  /** A JSONL file of questions. */
  readonly file: string;
  /** Of a server elsewhere; else the one that this folder's settings name. */
  readonly url: string | undefined;
  readonly insecure: boolean;
  /** Tells of each question too. */
  readonly isVerbose: boolean;
}

const root = join(import.meta.dirname, "../..");

/**
 * Asks the running server a file of judged questions and prints how well they were answered.
 * @param write takes lines for the person who waits. @returns whether every turn has ended well.
 */
export async function evalTenant(
  { tenantId, file, url, insecure, isVerbose }: TenantEvalOptions,
  write: (line: string) => void,
): Promise<boolean> {
  const { adminToken, isMadeToken, apiPrefix, workingDir, ...access } = loadAdminAccess(root);
  if (!adminToken) throw new Error("No admin token: set ADMIN_TOKEN to the one of the server");
  if (url !== undefined) checkReceiver(url, { isMadeToken, insecure });
  const questions = readQuestions(await readFile(resolve(workingDir, file), "utf8"), file);
  let waitedMs = 0;
  const wait = async (ms: number) => {
    const began = performance.now();
    await setTimeout(ms);
    waitedMs += performance.now() - began;
  };
  const options = { url: url ?? access.url, apiPrefix, adminToken, tenantId, wait };
  const server: EvalServer = {
    admin: createApi(options),
    chat: createApi({ ...options, below: "/chat" }),
    waited: () => waitedMs,
  };
  const outcomes: Outcome[] = [];
  for await (const outcome of askQuestions(server, questions)) {
    outcomes.push(outcome);
    if (isVerbose) write(describe(outcome));
  }
  for (const line of judgeAnswers(outcomes)) write(line);
  return outcomes.every(({ cited }) => cited !== undefined);
}

function describe(outcome: Outcome): string {
  const { question, cited } = outcome;
  const how = !cited ? "failed" : isAnswered(outcome) ? "answered" : "unanswered";
  const isGood = question.answerable ? isRight(outcome) : !isAnswered(outcome);
  return `${isGood ? "✓" : "✗"} ${how.padEnd(11)}${question.id.padEnd(6)}${question.question}`;
}
