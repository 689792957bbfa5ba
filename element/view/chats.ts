import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ChatEditing } from "../controllers/chats-page.ts";
import type { Chat, ChatListState } from "../client/state.ts";
import type { Strings } from "../strings.ts";
import { alertIcon, chatIcon, pencilIcon, retryIcon, trashIcon } from "./icons.ts";

export interface ChatsView {
  readonly chats: readonly Chat[];
  readonly currentId: string | undefined;
  readonly list: ChatListState;
  readonly editing: ChatEditing | undefined;
  readonly strings: Strings;
  readonly onOpen: (chatId: string) => void;
  readonly onBegin: (kind: ChatEditing["kind"], chatId: string) => void;
  readonly onCancel: () => void;
  readonly onRename: (chatId: string, title: string) => void;
  readonly onDelete: (chatId: string) => void;
  readonly onLoad: () => void;
  readonly onMore: () => void;
}

/** The visitor's chats, to go to, rename and delete. */
export function renderChats(view: ChatsView): TemplateResult {
  const { chats, list, strings } = view;
  const isLoading = list.status === "loading";
  const isEmpty = chats.length === 0;
  const words = strings.chats;
  return html`<div class="chats" part="chats" aria-busy=${isLoading}>
    ${list.status === "error" ? renderFailure(view) : nothing}
    ${isEmpty && isLoading ? renderLoading(words.loading) : nothing}
    ${isEmpty && list.status === "ready" ? renderEmpty(strings) : nothing}
    ${
      isEmpty
        ? nothing
        : html`<ul class="chat-list" aria-label=${words.heading}>
            ${repeat(
              chats,
              ({ id }) => id,
              (chat) => renderRow(chat, view),
            )}
          </ul>`
    }
    ${
      list.hasMore
        ? html`<button
            class="text-button more"
            type="button"
            ?disabled=${isLoading}
            @click=${view.onMore}
          >
            ${words.more}
          </button>`
        : nothing
    }
  </div>`;
}

/** Bars where text will be. */
export function renderLoading(label: string): TemplateResult {
  return html`<div class="loading" role="status">
    <span class="visually-hidden">${label}</span><i></i><i></i><i></i>
  </div>`;
}

function renderFailure({ strings, onLoad }: ChatsView): TemplateResult {
  return html`<div class="failure" role="alert">
    ${alertIcon}
    <p>${strings.chats.failed}</p>
    <button class="text-button" type="button" @click=${onLoad}>
      ${retryIcon}${strings.tryAgain}
    </button>
  </div>`;
}

function renderEmpty({ chats }: Strings): TemplateResult {
  return html`<div class="empty">
    ${chatIcon}
    <h3>${chats.empty}</h3>
    <p>${chats.emptyHint}</p>
  </div>`;
}

function renderRow(chat: Chat, view: ChatsView): TemplateResult {
  const { id } = chat;
  const editing = view.editing?.chatId === id ? view.editing : undefined;
  return html`<li
    class="chat-row"
    part="chat"
    data-id=${id}
    data-editing=${editing?.kind ?? nothing}
    ?data-current=${id === view.currentId}
  >
    ${
      editing
        ? editing.kind === "rename"
          ? renderRenaming(chat, editing, view)
          : renderDeleting(chat, editing, view)
        : renderChat(chat, view)
    }
    ${editing?.hasFailed ? html`<p class="note" role="alert">${view.strings.chats.unchanged}</p>` : nothing}
  </li>`;
}

function renderChat(
  chat: Chat,
  { currentId, strings, onOpen, onBegin }: ChatsView,
): TemplateResult {
  const { id, created_at } = chat;
  const title = titleOf(chat, strings);
  const isCurrent = id === currentId;
  return html`<button
      class="chat-open"
      type="button"
      aria-current=${isCurrent ? "true" : nothing}
      @click=${() => onOpen(id)}
    >
      <span class="chat-title">${title}</span>
      ${created_at ? html`<time datetime=${created_at}>${describeTime(created_at)}</time>` : nothing}
    </button>
    <button
      class="icon-button rename"
      type="button"
      aria-label=${strings.chats.rename(title)}
      @click=${() => onBegin("rename", id)}
    >
      ${pencilIcon}
    </button>
    <button
      class="icon-button delete"
      type="button"
      aria-label=${strings.chats.delete(title)}
      @click=${() => onBegin("delete", id)}
    >
      ${trashIcon}
    </button>`;
}

function renderRenaming(
  chat: Chat,
  { isBusy }: ChatEditing,
  { strings, onRename, onCancel }: ChatsView,
): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const name = new FormData(form).get("name");
    onRename(chat.id, typeof name === "string" ? name : "");
  };
  return html`<form class="chat-form" @submit=${submit}>
    <input
      class="field"
      name="name"
      maxlength="200"
      autocomplete="off"
      enterkeyhint="done"
      aria-label=${strings.chats.name}
      .value=${titleOf(chat, strings)}
      ?readonly=${isBusy}
    />
    <button class="text-button" type="submit" ?disabled=${isBusy}>${strings.chats.save}</button>
    <button class="text-button plain cancel" type="button" @click=${onCancel}>
      ${strings.chats.cancel}
    </button>
  </form>`;
}

function renderDeleting(
  chat: Chat,
  { isBusy }: ChatEditing,
  { strings, onDelete, onCancel }: ChatsView,
): TemplateResult {
  return html`<div
    class="chat-form"
    role="group"
    aria-label=${strings.chats.delete(titleOf(chat, strings))}
  >
    <p class="confirm">
      <span class="chat-title">${titleOf(chat, strings)}</span>
      ${strings.chats.deleteQuestion}
    </p>
    <button
      class="text-button danger"
      type="button"
      ?disabled=${isBusy}
      @click=${() => onDelete(chat.id)}
    >
      ${strings.chats.deleteNow}
    </button>
    <button class="text-button plain cancel" type="button" @click=${onCancel}>
      ${strings.chats.cancel}
    </button>
  </div>`;
}

function titleOf({ title }: Chat, { chats }: Strings): string {
  return title || chats.untitled;
}

/** The time of a chat of today, the day of an older one, in the browser's own way. */
function describeTime(iso: string): string {
  const moment = new Date(iso);
  const now = new Date();
  const isToday = moment.toDateString() === now.toDateString();
  if (isToday) return moment.toLocaleTimeString(undefined, { timeStyle: "short" });
  const year = moment.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return moment.toLocaleDateString(undefined, { day: "numeric", month: "short", ...year });
}
