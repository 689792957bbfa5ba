import type { Chat } from "../chats.ts";
import type { Message } from "../message.ts";

/** What a change of a chat is about: messages were saved or have changed, its title, the branch that is shown. */
export type ChangeKind = "message" | "title" | "branch";

/** So many changes of a chat are kept at least; who comes back to an older place reads the chat anew. */
export const keptChanges = 1000;
/** Older ones are dropped that many at a time. */
export const droppedAtOnce = 100;

export interface ChatChange {
  /** Grows by one with each change of the chat, from 1. */
  readonly revision: number;
  readonly kind: ChangeKind;
  /** Of `message`: a question that was saved, or an answer. Of `branch`: the message at the fork; null: the chat's start. */
  readonly messageId: string | null;
}

/** What has changed in a chat behind a revision, and how it stands now. */
export interface ChatLook {
  readonly chat: Chat;
  /** The newest change's; at least that of the last one in `changes`. */
  readonly revision: number;
  /** The answer that runs or will run next; whatever else has happened to it stands in the changes, now or later. */
  readonly unfinished: Message | undefined;
  /** In order; undefined where some of them are no longer kept, or none had that revision yet. */
  readonly changes: readonly ChatChange[] | undefined;
  /** As they stand now: the messages that the changes of kind `message` name, and the answers to the questions among them, in order. */
  readonly messages: readonly Message[];
}
