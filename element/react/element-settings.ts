import type { HTMLAttributes } from "react";
import type { WidgetConfig } from "../client/config.ts";
import type { MiptechChat } from "../miptech-chat.ts";

type OwnSetting = "mode" | "open" | "heading" | "greeting" | "suggestions";

/** What is set on the element; its own documentation says meanings and defaults. */
export type ElementSettings = WidgetConfig & {
  [Name in OwnSetting]?: MiptechChat[Name] | undefined;
};

type Attributes = Omit<HTMLAttributes<HTMLElement>, keyof ElementSettings>;

/**
 * A setting that is left out, or taken away later, has the element's default. Children fill the
 * element's slots (`<span slot="greeting">`); other HTML attributes and handlers go to the element.
 */
export type ChatWidgetProps = ElementSettings & Attributes;

const settingNames: Readonly<Record<keyof ElementSettings, true>> = {
  apiUrl: true,
  tenantId: true,
  userId: true,
  token: true,
  tokenProvider: true,
  apiKey: true,
  theme: true,
  autoConnect: true,
  maxReconnectAttempts: true,
  reconnectInterval: true,
  onConnect: true,
  onDisconnect: true,
  onMessage: true,
  onError: true,
  mode: true,
  open: true,
  heading: true,
  greeting: true,
  suggestions: true,
};

/** The props that are settings, and the attributes. */
export function divideProps(props: ChatWidgetProps): {
  settings: ReadonlyMap<string, unknown>;
  attributes: Attributes;
} {
  const entries = Object.entries(props);
  const isSetting = ([name]: readonly [string, unknown]) => name in settingNames;
  return {
    settings: new Map(entries.filter(isSetting)),
    attributes: Object.fromEntries(entries.filter((entry) => !isSetting(entry))),
  };
}

/** The settings that an element has from us, and what it had before. */
export interface AppliedSettings {
  settings: ReadonlyMap<string, unknown>;
  readonly defaults: Map<string, unknown>;
}

/**
 * Sets what differs from what was applied last: a panel that the reader has opened isn't closed again
 * because the component around it was rendered.
 */
export function applySettings(
  element: MiptechChat,
  applied: AppliedSettings,
  settings: ReadonlyMap<string, unknown>,
): void {
  for (const name of Object.keys(settingNames)) {
    const value = settings.get(name);
    if (value === applied.settings.get(name)) continue;
    if (!applied.defaults.has(name)) applied.defaults.set(name, Reflect.get(element, name));
    Reflect.set(element, name, value ?? applied.defaults.get(name));
  }
  applied.settings = settings;
}
