import type { LitElement } from "lit";
import type { ChatClient } from "../client/chat-client.ts";
import { ChatError } from "../client/chat-error.ts";
import type { Strings } from "../strings.ts";
import type { FocusLater } from "./focus-later.ts";

/** What is being done to one chat of the list. */
export interface ChatEditing {
  readonly chatId: string;
  readonly kind: "rename" | "delete";
  /** The server has been asked. */
  readonly isBusy: boolean;
  readonly hasFailed: boolean;
}

export interface ChatsPageDeps {
  readonly focus: FocusLater;
  readonly strings: Strings;
  client(): ChatClient;
  announce(text: string): void;
}

/** The list of chats over the conversation: whether it shows, and what is being done in it. */
export class ChatsPage {
  readonly #host: LitElement;
  readonly #deps: ChatsPageDeps;
  #isOpen = false;
  #editing: ChatEditing | undefined;

  constructor(host: LitElement, deps: ChatsPageDeps) {
    this.#host = host;
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get editing(): ChatEditing | undefined {
    return this.#editing;
  }

  open(): void {
    this.#isOpen = true;
    this.#editing = undefined;
    this.#deps.focus.move(".back");
    void this.load();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#edit(undefined);
  }

  /** Back to the conversation as it was. */
  goBack(): void {
    this.close();
    this.#deps.focus.move(".show-chats");
  }

  /** What Escape does here. @returns whether there was something to leave. */
  leave(): boolean {
    if (this.#editing) this.cancel();
    else if (this.#isOpen) this.goBack();
    else return false;
    return true;
  }

  load(): Promise<void> {
    return this.#deps.client().loadChats();
  }

  /** The next page; the focus goes to its first chat. */
  async loadMore(): Promise<void> {
    const known = this.#deps.client().state.chats.length;
    await this.#deps.client().loadMoreChats();
    this.#deps.focus.move(`.chat-row:nth-child(${known + 1}) .chat-open`);
  }

  begin(kind: ChatEditing["kind"], chatId: string): void {
    this.#edit({ chatId, kind, isBusy: false, hasFailed: false });
    this.#deps.focus.move(kind === "rename" ? ".chat-row input" : ".chat-row .cancel");
  }

  cancel(): void {
    const { chatId, kind } = this.#editing ?? {};
    this.#edit(undefined);
    this.#deps.focus.move(`.chat-row[data-id="${chatId}"] .${kind}`);
  }

  /** An empty name changes nothing. */
  async rename(chatId: string, title: string): Promise<void> {
    const name = title.trim();
    const { client, strings, announce } = this.#deps;
    if (!name) return this.cancel();
    if (!(await this.#try(() => client().renameChat(chatId, name)))) return;
    announce(strings.chats.renamed);
    this.cancel();
  }

  async delete(chatId: string): Promise<void> {
    const { client, strings, announce, focus } = this.#deps;
    if (!(await this.#try(() => client().deleteChat(chatId)))) return;
    announce(strings.chats.deleted);
    this.#edit(undefined);
    focus.move(".back");
  }

  /** @returns whether it was done; else the chat says that it wasn't. */
  async #try(run: () => Promise<void>): Promise<boolean> {
    const editing = this.#editing;
    if (!editing || editing.isBusy) return false;
    const busy = { ...editing, isBusy: true, hasFailed: false };
    this.#edit(busy);
    try {
      await run();
      return this.#editing === busy;
    } catch (error) {
      if (this.#editing === busy) this.#edit({ ...editing, isBusy: false, hasFailed: true });
      if (!(error instanceof ChatError)) throw error;
      return false;
    }
  }

  #edit(editing: ChatEditing | undefined): void {
    this.#editing = editing;
    this.#host.requestUpdate();
  }
}
