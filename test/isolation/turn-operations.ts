import { makeFinish, makeTurn } from "../contracts/store-fixtures.ts";
import { draftMarkedChat } from "./chat-operations.ts";
import { markOf } from "./mark.ts";
import { turnOwner, type Scene } from "./scene.ts";
import {
  changeMessage,
  giveId,
  isUnfinished,
  listUnfinished,
  pickMessage,
  type HeldMessage,
  type TenantRows,
} from "./tenant-rows.ts";

const newChatShare = 0.25;

async function saveTurn({ target, rows, random, findings }: Scene): Promise<void> {
  const isNew = rows.chats.size === 0 || random.chance(newChatShare);
  const newChat = isNew ? draftMarkedChat(rows) : undefined;
  const chatId = newChat?.id ?? random.pick([...rows.chats.keys()]);
  const [question, answer] = draftPair(rows, chatId);
  const { id: questionId, content } = question;
  const fields = { questionId, answerId: answer.id, content, newChat, owner: turnOwner };
  const saved = await target.turns.saveTurn(rows.tenant, makeTurn(chatId, fields));
  const { id } = rows.tenant;
  findings.compare(id, "save turn", [saved.question, saved.answer].map(pickMessage), [
    question,
    answer,
  ]);
  const held = newChat ? { chat: newChat, messages: [] } : rows.chats.get(chatId);
  if (!held) throw new Error(`The chat ${chatId} is not held`);
  held.messages.push(question, answer);
  rows.chats.set(chatId, held);
  rows.turns += 1;
}

function draftPair(rows: TenantRows, chatId: string): [HeldMessage, HeldMessage] {
  const id = giveId(rows, "msg");
  const content = `Question ${rows.ids} of ${markOf(rows.tenant.id)}`;
  const answerId = giveId(rows, "msg");
  return [
    { id, chatId, role: "user", content, state: "complete", attempt: 0, replyTo: null },
    {
      id: answerId,
      chatId,
      role: "assistant",
      content: "",
      state: "queued",
      attempt: 1,
      replyTo: id,
    },
  ];
}

/** Starts the turn where none of its chat is before it, and stores a part of its text. */
async function checkpoint(scene: Scene): Promise<void> {
  const { target, rows, random, findings } = scene;
  const unfinished = listUnfinished(rows);
  if (unfinished.length === 0) return saveTurn(scene);
  const answer = random.pick(unfinished);
  const { id, attempt } = answer;
  const before = findBefore(rows, answer);
  const started = await target.turns.startAttempt(rows.tenant, id, attempt);
  findings.compare(rows.tenant.id, "start", started, before ? { behind: before.id } : "started");
  const state = before ? answer.state : "streaming";
  changeMessage(rows, { ...answer, state });
  const content = `Part ${random.integer(1, 1e6)} of ${markOf(rows.tenant.id)}`;
  const kept = await target.turns.checkpoint(rows.tenant, id, attempt, content);
  findings.compare(rows.tenant.id, "checkpoint", kept, true);
  changeMessage(rows, { ...answer, state, content });
}

/** The newest unfinished answer before this one. */
function findBefore(rows: TenantRows, { id, chatId }: HeldMessage): HeldMessage | undefined {
  const messages = rows.chats.get(chatId)?.messages ?? [];
  const place = messages.findIndex((message) => message.id === id);
  return messages.slice(0, place).findLast(isUnfinished);
}

async function finish(scene: Scene): Promise<void> {
  const { target, rows, random, findings } = scene;
  const unfinished = listUnfinished(rows);
  if (unfinished.length === 0) return saveTurn(scene);
  const answer = random.pick(unfinished);
  const content = `Answer ${random.integer(1, 1e6)} of ${markOf(rows.tenant.id)}`;
  const { id, attempt } = answer;
  const ended = await target.turns.finishTurn(rows.tenant, id, attempt, makeFinish(content));
  findings.compare(rows.tenant.id, "finish", ended, true);
  changeMessage(rows, { ...answer, state: "complete", content });
  rows.endings.push(id);
}

export const turnOperations = { "save turn": saveTurn, checkpoint, finish };
