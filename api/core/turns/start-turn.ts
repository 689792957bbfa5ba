import { canOpenChat, isServer, type Caller } from "../access/caller.ts";
import { draftChat, openChat, requireChat } from "../chats.ts";
import { AppError, idempotencyConflict } from "../errors.ts";
import { newId } from "../ids.ts";
import type { Limiter } from "../limits/limiter.ts";
import { countMessage } from "../limits/messages.ts";
import type { ChatStore, Clock } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import type { Lease } from "./lease.ts";
import { isAway } from "./persist.ts";
import type { Idempotency, NewTurn, SavedTurn, TurnStore } from "./turn-store.ts";
import type { TurnRunner } from "./turn-runner.ts";

export interface StartDeps {
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly runner: TurnRunner;
  readonly limiter: Limiter;
  readonly clock: Clock;
  readonly lease: Pick<Lease, "ownTurnsOf">;
}

export interface Question {
  /** Left out: a new chat is made for it. */
  readonly chatId?: string | undefined;
  readonly content: string;
  readonly messageType?: string | undefined;
  readonly clientMessageId?: string | undefined;
  /** Labels for the new chat. */
  readonly userId?: string | undefined;
}

/** UTF-16 units. */
export const maxMessageLength = 16_000;
/** One turn runs and three wait. */
export const maxUnfinishedTurns = 4;

/**
 * Checks, saves the question and starts the work of answering it. The turn belongs to the platform
 * from here on: it goes on when its caller leaves.
 * @throws AppError SERVICE_UNAVAILABLE, FEATURE_DISABLED, INVALID_REQUEST, CHAT_NOT_FOUND, RATE_LIMIT_EXCEEDED, CHAT_BUSY,
 *   QUOTA_EXCEEDED, IDEMPOTENCY_CONFLICT; then nothing is stored.
 */
export async function startTurn(
  deps: StartDeps,
  caller: Caller,
  question: Question,
): Promise<SavedTurn> {
  requireOpen(deps, caller);
  const content = checkContent(question.content);
  const idempotency = scopeOf(caller, question);
  if (question.chatId !== undefined) await openChat(deps.chats, caller, question.chatId);
  const newChat =
    question.chatId !== undefined
      ? undefined
      : draftChat(
          caller,
          { title: titleFrom(content), userId: question.userId },
          new Date(deps.clock.now()),
        );
  return beginTurn(deps, caller, {
    newChat,
    chatId: question.chatId ?? newChat?.id ?? "",
    questionId: newId("msg"),
    content,
    messageType: question.messageType ?? "text",
    idempotency,
  });
}

/** @throws AppError SERVICE_UNAVAILABLE, FEATURE_DISABLED where no turn can be started */
export function requireOpen({ runner }: StartDeps, { tenant }: Caller): void {
  if (runner.isClosing)
    throw new AppError("SERVICE_UNAVAILABLE", "The server restarts: try again", { retryAfter: 2 });
  requireChat(tenant);
}

/** Counts, saves and starts a turn that was checked. @throws AppError as startTurn */
export async function beginTurn(
  deps: StartDeps,
  caller: Caller,
  checked: Omit<NewTurn, "answerId" | "owner" | "now" | "maxUnfinished">,
): Promise<SavedTurn> {
  const { tenant } = caller;
  await countMessage(deps.limiter, caller);
  const since = deps.clock.now();
  const turn: NewTurn = {
    ...checked,
    answerId: newId("msg"),
    owner: await deps.lease.ownTurnsOf(tenant.id),
    now: new Date(since),
    maxUnfinished: maxUnfinishedTurns,
  };
  const saved = await save(deps, tenant, turn, since);
  if (saved.replayed) await requireReplay(deps.chats, caller, saved.question.chatId);
  else deps.runner.enqueue({ tenant, question: saved.question, answer: saved.answer, since });
  return saved;
}

/** A save that was cut off may have happened: then its turn is run, whether or not its sender comes back. */
async function save(
  { turns, runner }: StartDeps,
  tenant: Tenant,
  turn: NewTurn,
  since: number,
): Promise<SavedTurn> {
  try {
    return await turns.saveTurn(tenant, turn);
  } catch (error) {
    if (isAway(error)) {
      runner.settle(tenant.id, async () => {
        const found = await turns.findTurn(tenant, turn.answerId);
        // A later attempt is that of another process, which took it over meanwhile.
        const isOurs = found && !found.answer.ending && found.answer.attempt === 1;
        return isOurs ? { tenant, ...found, since } : undefined;
      });
    }
    throw error;
  }
}

/** What is stored of a question's text. @throws AppError INVALID_REQUEST */
export function checkContent(raw: string): string {
  const content = raw.replaceAll("\0", "").toWellFormed();
  if (content.trim() === "") throw new AppError("INVALID_REQUEST", "The message is empty");
  if (content.length > maxMessageLength) {
    throw new AppError(
      "INVALID_REQUEST",
      `The message is longer than ${maxMessageLength} characters`,
    );
  }
  return content;
}

/** A `client_message_id` this long can't be guessed when it is random. */
export const secretIdLength = 16;

/**
 * Within what a `client_message_id` is unique: among the messages of the user, or of the tenant's server. Who signs
 * in may have sent the message as a visitor just before.
 */
export function scopeOf(
  caller: Caller,
  question: Pick<Question, "chatId" | "clientMessageId">,
): Idempotency | undefined {
  const key = question.clientMessageId;
  if (!key) return undefined;
  const nameless = namelessScope(key, question.chatId);
  if (caller.user) {
    const counts = (chat: Parameters<typeof canOpenChat>[1]) => canOpenChat(caller, chat);
    const earlier = nameless === undefined ? undefined : { scope: nameless, counts };
    return { scope: `user:${caller.user.id}`, key, earlier };
  }
  if (isServer(caller)) return { scope: "server", key };
  if (nameless !== undefined) return { scope: nameless, key };
  throw new AppError(
    "INVALID_REQUEST",
    `client_message_id: at least ${secretIdLength} random characters are expected where no chat_id is given`,
  );
}

/**
 * A visitor has no name that is sure to survive a reconnect, so a retry proves itself by what it knows: the random id,
 * or the chat's. Undefined: it knows neither.
 */
function namelessScope(key: string, chatId: string | undefined): string | undefined {
  if (key.length >= secretIdLength) return "tenant";
  return chatId === undefined ? undefined : `chat:${chatId}`;
}

/**
 * Who knows the id of a message may not be the one who may see its chat: they are answered like one whose text is
 * another, so that they don't learn whether it was theirs. @throws AppError IDEMPOTENCY_CONFLICT
 */
async function requireReplay(chats: ChatStore, caller: Caller, chatId: string): Promise<void> {
  const chat = await chats.findChat(caller.tenant, chatId);
  if (!chat || !canOpenChat(caller, chat)) throw idempotencyConflict();
}

const maxTitleLength = 60;

/** The first line of the question, shortened at a word; UTF-16 units, and no character is cut in two. */
export function titleFrom(content: string): string {
  const line = content.trim().split("\n", 1)[0]?.trim() ?? "";
  if (line.length <= maxTitleLength) return line;
  const cut = line.slice(0, maxTitleLength);
  const border = cut.lastIndexOf(" ");
  if (border > maxTitleLength / 2) return `${cut.slice(0, border)}…`;
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}
