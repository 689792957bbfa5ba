import {
  emptyConversation,
  reduceConversation,
  type Conversation,
  type ConversationEvent,
} from "./conversation.ts";

/** Holds the conversation; all of a client's parts change it by events. */
export class ConversationStore {
  readonly #onChange: (next: Conversation, before: Conversation) => void;
  #current: Conversation = emptyConversation;

  constructor(onChange: (next: Conversation, before: Conversation) => void) {
    this.#onChange = onChange;
  }

  get current(): Conversation {
    return this.#current;
  }

  dispatch(event: ConversationEvent): void {
    const before = this.#current;
    this.#current = reduceConversation(before, event);
    if (this.#current !== before) this.#onChange(this.#current, before);
  }
}
