import { showMessages, type Chat } from "../chats.ts";
import type { Message, ShownMessage } from "../message.ts";
import type { ChatStore } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import type { ChatChange } from "./chat-changes.ts";
import type { TurnEvent, TurnRef } from "./turn-event.ts";

/** What one who follows a chat is told: how something stands now, never what was done to it. */
export type ChatEvent =
  /** The first: from its place on nothing is missed. What was read of the chat after it is at least as new. */
  | { readonly type: "subscribed" }
  /** A new message, or one that has changed: an answer that has ended or was rated. */
  | { readonly type: "message"; readonly message: ShownMessage }
  | { readonly type: "chat"; readonly chat: Chat }
  /** Behind the message `parentId` (null: from the start) the history shows these now. */
  | {
      readonly type: "branch";
      readonly parentId: string | null;
      readonly messages: readonly ShownMessage[];
      readonly hasMore: boolean;
    }
  /** What happened since its reader's place is no longer known: read the chat anew. */
  | { readonly type: "reset" }
  /** The last. */
  | { readonly type: "deleted" }
  /** Of the turn that is under way. */
  | { readonly type: "turn"; readonly turn: TurnRef; readonly event: TurnEvent };

/** How many changes are looked at together, and how many messages a changed branch is told with. */
export const changesAtOnce = 32;
export const branchLimit = 100;

/** What is new in a chat, and how the chat stood when all of that had been read. */
export interface ChatNews {
  readonly chat: Chat;
  /** Of the last piece of news; the look's own where there is none. */
  readonly revision: number;
  /** True where there is more. */
  readonly isPart: boolean;
  readonly unfinished: Message | undefined;
  /** Each with the revision that its reader has got to behind it. */
  readonly events: readonly { readonly event: ChatEvent; readonly revision: number }[];
}

/** Undefined for a chat that isn't there. @param after without it nothing is new */
export async function lookForNews(
  chats: ChatStore,
  tenant: Tenant,
  chatId: string,
  after: number | undefined,
): Promise<ChatNews | undefined> {
  const look = await chats.lookForChanges(tenant, chatId, after, changesAtOnce);
  if (!look) return undefined;
  const { chat, unfinished, changes } = look;
  if (!changes) {
    const { revision } = look;
    return {
      chat,
      revision,
      isPart: false,
      unfinished,
      events: [{ event: { type: "reset" }, revision }],
    };
  }
  const events: { event: ChatEvent; revision: number }[] = [];
  let before = after ?? look.revision;
  const shown = look.messages.length > 0 ? await showMessages(chats, tenant, look.messages) : [];
  const branch = await findBranch(chats, tenant, changes);
  for (const change of withoutEarlier(changes)) {
    const told =
      change.kind !== "branch"
        ? explain({ chat, messages: shown }, change)
        : change === branch?.last
          ? [await readBranch(chats, tenant, chatId, branch.forkId)]
          : [];
    const last = told.at(-1);
    // Until the last of them its reader has not got past the change, nor past a branch that is told behind it.
    const { revision } = change;
    const isHeld = branch && branch.first.revision < revision && revision < branch.last.revision;
    for (const event of told)
      events.push({ event, revision: event === last && !isHeld ? revision : before });
    if (last && !isHeld) before = revision;
  }
  const revision = changes.at(-1)?.revision ?? look.revision;
  // What was read behind the chat may be of a time when it was somebody else's.
  const isLater = changes.some(({ kind }) => kind === "branch");
  const current = isLater ? await chats.findChat(tenant, chatId) : chat;
  if (!current) return undefined;
  return { chat: current, revision, isPart: revision < look.revision, unfinished, events };
}

/** How something stands now is told once. */
function withoutEarlier(changes: readonly ChatChange[]): ChatChange[] {
  const keyOf = ({ kind, messageId }: ChatChange) => `${kind} ${messageId ?? ""}`;
  const last = new Map(changes.map((change) => [keyOf(change), change]));
  return changes.filter((change) => last.get(keyOf(change)) === change);
}

/** The branch changes of a look, as one. */
interface BranchNews {
  /** The highest fork up to which the history is what it was before all of them; null: the chat's start. */
  readonly forkId: string | null;
  readonly first: ChatChange;
  readonly last: ChatChange;
}

/** All of them together, so that one page of messages at most is held for a look. */
async function findBranch(
  chats: ChatStore,
  tenant: Tenant,
  changes: readonly ChatChange[],
): Promise<BranchNews | undefined> {
  const branches = changes.filter(({ kind }) => kind === "branch");
  const [first] = branches;
  const last = branches.at(-1);
  if (!first || !last) return undefined;
  const ids = new Set(branches.map(({ messageId }) => messageId));
  if (ids.size === 1 || ids.has(null))
    return { forkId: ids.has(null) ? null : last.messageId, first, last };
  const forks = await chats.findMessages(
    tenant,
    [...ids].filter((id) => id !== null),
  );
  const [lowest] = forks.toSorted((a, b) => a.seq - b.seq);
  return { forkId: lowest?.id ?? null, first, last };
}

async function readBranch(
  chats: ChatStore,
  tenant: Tenant,
  chatId: string,
  parentId: string | null,
): Promise<ChatEvent> {
  const page = await chats.listMessagesBehind(tenant, chatId, parentId, branchLimit);
  return { type: "branch", parentId, messages: page.items, hasMore: page.next !== null };
}

function explain(
  { chat, messages }: { readonly chat: Chat; readonly messages: readonly ShownMessage[] },
  { kind, messageId }: ChatChange,
): ChatEvent[] {
  if (kind === "title") return [{ type: "chat", chat }];
  return messages
    .filter(({ id, replyTo }) => id === messageId || (messageId && replyTo === messageId))
    .map((message) => ({ type: "message", message }));
}
