import type { WidgetConfig } from "./client/config.ts";
import { MiptechChat } from "./miptech-chat.ts";

type OwnSetting = "storage" | "mode" | "open" | "heading" | "greeting" | "suggestions";

/** The configuration, and what else the element can be given; what is left out has its default. */
export type ElementConfig = WidgetConfig & {
  [Name in OwnSetting]?: MiptechChat[Name] | undefined;
};

/** What the script puts on the page: `window.MIPTechChatWidget`. */
export interface ChatWidget {
  /**
   * Adds a chat to the page.
   * @returns the element
   */
  init(config: ElementConfig): MiptechChat;
  /** Removes one chat that `init` added, or all of them. */
  destroy(element?: MiptechChat): void;
}

declare global {
  interface Window {
    MIPTechChatWidget: ChatWidget;
  }
  interface HTMLElementTagNameMap {
    "miptech-chat": MiptechChat;
  }
}

const tag = "miptech-chat";

function createWidget(): ChatWidget {
  const added = new Set<MiptechChat>();
  return {
    init(config) {
      const element = document.createElement(tag);
      // What is left out keeps its default.
      Object.assign(
        element,
        Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)),
      );
      document.body.append(element);
      added.add(element);
      return element;
    },
    destroy(element) {
      for (const chat of element ? [element] : added) {
        chat.remove();
        added.delete(chat);
      }
    },
  };
}

// A page may load the script twice, or two versions of it: the first one stays.
if (!customElements.get(tag)) {
  customElements.define(tag, MiptechChat);
  window.MIPTechChatWidget = createWidget();
}
