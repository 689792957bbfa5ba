/** A message as all doors can show it. */
export interface Shown {
  readonly id: string;
  readonly content: string;
  readonly status: string;
  readonly rating: string | null;
  readonly chosen: boolean;
}

/** What a follower is told, of whichever door. */
export type Told =
  | { readonly type: "subscribed" | "chat_reset" | "chat_deleted" }
  | { readonly type: "message_changed"; readonly message: Shown }
  | { readonly type: "chat_changed"; readonly title: string }
  | {
      readonly type: "branch_changed";
      readonly parentId: string | null;
      readonly messages: readonly Shown[];
    }
  | { readonly type: "response_start"; readonly messageId: string }
  | {
      readonly type: "response_chunk";
      readonly messageId: string;
      readonly offset: number;
      readonly content: string;
    }
  | { readonly type: "response_end"; readonly messageId: string };

/** How a chat stands, as its history tells it. */
export interface State {
  readonly title: string;
  readonly messages: readonly Shown[];
}

/** What a client knows of a chat that it follows: the history as it was once read, and what it was told since. */
export interface Picture {
  readonly state: State | "deleted";
  /** The texts of the turns that it has heard to their ends. */
  readonly heard: ReadonlyMap<string, string>;
  take(told: Told): Promise<void>;
}

/** @param read the history; undefined when the chat is gone. */
export function createPicture(read: () => Promise<State | undefined>): Picture {
  let state: State | "deleted" = { title: "", messages: [] };
  const texts = new Map<string, string>();
  const heard = new Map<string, string>();

  function place(messages: readonly Shown[], message: Shown): readonly Shown[] {
    const index = messages.findIndex(({ id }) => id === message.id);
    if (!message.chosen) return messages.filter(({ id }) => id !== message.id);
    return index === -1 ? [...messages, message] : messages.with(index, message);
  }

  async function reread(): Promise<void> {
    state = (await read()) ?? state;
  }

  async function take(told: Told): Promise<void> {
    if (state === "deleted") throw new Error(`${told.type} of a chat that is deleted`);
    switch (told.type) {
      case "subscribed":
      case "chat_reset":
        return reread();
      case "chat_deleted":
        state = "deleted";
        return;
      case "chat_changed":
        state = { ...state, title: told.title };
        return;
      case "message_changed":
        state = { ...state, messages: place(state.messages, told.message) };
        return;
      case "branch_changed": {
        const at = state.messages.findIndex(({ id }) => id === told.parentId);
        // One that isn't known may be of a branch that is shown no longer: what follows tells.
        if (at === -1 && told.parentId !== null) return reread();
        state = { ...state, messages: [...state.messages.slice(0, at + 1), ...told.messages] };
        return;
      }
      case "response_start":
        texts.set(told.messageId, "");
        return;
      case "response_chunk": {
        const known = texts.get(told.messageId) ?? "";
        if (told.offset > known.length) throw new Error("A gap in a turn's text");
        texts.set(told.messageId, known.slice(0, told.offset) + told.content);
        return;
      }
      case "response_end":
        heard.set(told.messageId, texts.get(told.messageId) ?? "");
    }
  }

  return {
    get state() {
      return state;
    },
    heard,
    take,
  };
}
