import type { ClientChannel, ClientEnvironment } from "./environment.ts";
import type { TurnNews } from "./history-merge.ts";

/** What one page of the site tells the others. */
export type TabNews =
  | { readonly type: "turn"; readonly turn: TurnNews }
  | { readonly type: "deleted"; readonly chatId: string };

/** The pages of this site in the same browser, as far as they show the same visitor's chats. */
export class OtherTabs {
  readonly #open: () => ClientChannel;
  #channel: ClientChannel | undefined;

  /** @param name of the channel; asked for each time it is opened. */
  constructor(environment: ClientEnvironment, name: () => string, onNews: (news: TabNews) => void) {
    this.#open = () =>
      environment.openChannel(name(), (data) => {
        if (isNews(data)) onNews(data);
      });
  }

  listen(): void {
    this.#channel ??= this.#open();
  }

  tell(news: TabNews): void {
    this.#channel?.post(news);
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }
}

/** Another version of this script may post there. */
function isNews(data: unknown): data is TabNews {
  if (typeof data !== "object" || data === null || !("type" in data)) return false;
  if (data.type === "deleted") return "chatId" in data && typeof data.chatId === "string";
  return (
    data.type === "turn" &&
    "turn" in data &&
    typeof data.turn === "object" &&
    data.turn !== null &&
    "question" in data.turn &&
    "answerId" in data.turn
  );
}
