import type { Credential } from "../credential.ts";
import type { Things } from "../filling/id-kinds.ts";
import type { Prepared, Preparer } from "./preparer.ts";

/** Whose a chat is: that decides who may open it. */
export const chatKinds = ["visitor's chat", "user's chat", "nobody's chat"] as const;
export type ChatKind = (typeof chatKinds)[number];

/** A chat with a question and its answer. */
export interface ChatThings {
  readonly kind: ChatKind;
  readonly owner: Credential;
  /** chat, question, answer, place, client message id. */
  readonly things: Things;
}

/** Asked in every chat; only the victim's documents can answer it. */
export const question = "What is the code of the zeppelin?";

/** Nobody's documents can answer it. */
const unanswerable = "Quagmires?";

export interface ChatOptions {
  readonly kind: ChatKind;
  readonly owner: Credential;
  readonly title: string;
  /** What the chat carries with it. */
  readonly note: string;
  /** Stands in the key of its question. */
  readonly mark: string;
}

/** Makes a chat as its owner, asks in it, and waits for the answer. @throws PrepareError */
export async function makeChat(
  preparer: Preparer,
  options: ChatOptions,
): Promise<{ readonly chat: ChatThings; readonly text: string }> {
  const { kind, owner, mark } = options;
  const made = await makeEmptyChat(preparer, options);
  const chat = made.get("id");
  const asked = await ask(preparer, owner, chat, `${mark}-${crypto.randomUUID()}`);
  const ended = await waitForAnswer(preparer, owner, chat, asked);
  const things: Things = {
    chat,
    question: asked.question,
    answer: asked.answer,
    place: `${asked.answer}/1-0`,
    "client message id": asked.key,
  };
  return { chat: { kind, owner, things }, text: `${made.text}\n${asked.text}\n${ended.text}` };
}

/** Makes a chat as its owner. @throws PrepareError */
export function makeEmptyChat(
  preparer: Preparer,
  { owner, title, note }: ChatOptions,
): Promise<Prepared> {
  const asOwner = { credential: owner, tenantId: owner.tenantId };
  return preparer.call(asOwner, "POST", "/chat", { title, context: { note } });
}

export interface Asked {
  readonly question: string;
  readonly answer: string;
  /** Its client_message_id. */
  readonly key: string;
  readonly text: string;
}

/** Asks in a chat, and doesn't wait. @throws PrepareError */
export async function ask(
  preparer: Preparer,
  owner: Credential,
  chat: string,
  key: string = crypto.randomUUID(),
): Promise<Asked> {
  const sent = await post(preparer, owner, chat, key, { Prefer: "respond-async" });
  return { question: sent.get("message.id"), answer: sent.get("reply.id"), key, text: sent.text };
}

/** Asks the same again, which is answered when the turn has ended. @throws PrepareError */
export async function waitForAnswer(
  preparer: Preparer,
  owner: Credential,
  chat: string,
  { key }: Pick<Asked, "key">,
): Promise<{ readonly text: string; readonly finishReason: string }> {
  const ended = await post(preparer, owner, chat, key, {});
  return { text: ended.text, finishReason: ended.get("reply.finish_reason") };
}

/** Makes a chat with a question that is kept as unanswered. @throws PrepareError */
export async function askInVain(
  preparer: Preparer,
  options: ChatOptions,
): Promise<{ readonly answer: string; readonly text: string }> {
  const { owner } = options;
  const made = await makeEmptyChat(preparer, options);
  const asked = await post(preparer, owner, made.get("id"), crypto.randomUUID(), {}, unanswerable);
  return { answer: asked.get("reply.id"), text: `${made.text}\n${asked.text}` };
}

function post(
  preparer: Preparer,
  owner: Credential,
  chat: string,
  key: string,
  headers: Readonly<Record<string, string>>,
  content = question,
): Promise<Prepared> {
  const asOwner = { credential: owner, tenantId: owner.tenantId };
  const body = { content, client_message_id: key };
  return preparer.call(asOwner, "POST", `/chat/${chat}/messages`, body, headers);
}
