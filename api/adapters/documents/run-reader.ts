import type { ChildProcess } from "node:child_process";
import { AppError } from "../../core/errors.ts";
import { type ReaderTask, readReply } from "./reader-task.ts";
import { startReader } from "./start-reader.ts";
import { createTail } from "./tail.ts";
import type { SplitDocument } from "../../core/documents/parsed-document.ts";

/** Of the process's complaints, kept for the log. */
const complaintLength = 4096;

/**
 * Reads and splits a document in a process of its own. The promise settles only when the process is gone.
 * @throws AppError one of `parseErrors`; DOCUMENT_TOO_COMPLEX when the process went over a limit or broke down.
 * @throws Error when the process couldn't be started, or was ended by someone else.
 */
export async function runReader(
  bytes: Uint8Array,
  task: ReaderTask,
  signal: AbortSignal,
  start: typeof startReader = startReader,
): Promise<SplitDocument> {
  const child = start(task);
  const most = task.limits.text + replyHeadBytes;
  const reply: Buffer[] = [];
  let size = 0;
  let end: unknown;
  const complaints = createTail(complaintLength);
  const kill = (why: unknown): void => {
    end ??= why;
    child.kill("SIGKILL");
  };

  child.stdout.on("data", (piece: Buffer) => {
    size += piece.length;
    if (size > most) kill(tooComplex("gives more than it may"));
    else reply.push(piece);
  });
  child.stderr.on("data", complaints.add);
  // A process that ends before it has read everything says why by its end.
  child.stdin.on("error", complaints.add);
  child.stdin.end(bytes);
  const timer = setTimeout(() => kill(tookTooLong(task)), task.limits.time);
  const onAbort = (): void => kill(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const { code, killer } = await waitForEnd(child);
    if (end !== undefined) throw end;
    if (code === 0) return readReply(Buffer.concat(reply));
    throw explainEnd({ code, killer, isReady: size > 0, complaints: complaints.read() });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** For all of a reply but the text: the headings of forty thousand passages at most. */
const replyHeadBytes = 40 * 1024 * 1024;

interface End {
  readonly code: number | null;
  readonly killer: NodeJS.Signals | null;
}

function waitForEnd(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // "close", not "exit": only then all of its reply is here.
    child.once("close", (code, killer) => resolve({ code, killer }));
  });
}

/** By other hands: an administrator, a terminal, the system that shuts down or is out of memory. */
const foreign: readonly (NodeJS.Signals | null)[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"];

function explainEnd({
  code,
  killer,
  isReady,
  complaints,
}: End & { readonly isReady: boolean; readonly complaints: string }): Error {
  const cause = new Error(`A document's reader ended with ${killer ?? code}: ${complaints}`);
  if (complaints.includes("over its memory") || complaints.includes("heap out of memory"))
    return tooComplex("takes more memory than a document is given", cause);
  if (!isReady || foreign.includes(killer)) return cause;
  return tooComplex("could not be read: its reader broke down", cause);
}

function tookTooLong({ limits }: ReaderTask): AppError {
  return tooComplex(`takes longer to read than ${limits.time / 1000} seconds`);
}

function tooComplex(what: string, cause?: Error): AppError {
  return new AppError("DOCUMENT_TOO_COMPLEX", `The document ${what}`, { cause });
}
