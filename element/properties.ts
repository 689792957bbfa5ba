import type { PropertyDeclarations } from "lit";

/** How the element's properties are read from attributes. */
export const elementProperties: PropertyDeclarations = {
  tenantId: { attribute: "tenant-id" },
  apiUrl: { attribute: "api-url" },
  userId: { attribute: "user-id" },
  token: {},
  tokenProvider: { attribute: false },
  apiKey: { attribute: "api-key" },
  theme: { reflect: true },
  noAutoConnect: { type: Boolean, attribute: "no-auto-connect" },
  maxReconnectAttempts: { type: Number, attribute: "max-reconnect-attempts" },
  reconnectInterval: { type: Number, attribute: "reconnect-interval" },
  onConnect: { attribute: false },
  onDisconnect: { attribute: false },
  onMessage: { attribute: false },
  onError: { attribute: false },
  storage: {},
  mode: { reflect: true },
  open: { type: Boolean, reflect: true },
  heading: {},
  greeting: {},
  /** Questions, divided by "|". */
  suggestions: { converter: splitQuestions },
  _draft: { state: true },
  _unread: { state: true },
};

function splitQuestions(value: string | null): string[] {
  return (value ?? "")
    .split("|")
    .map((question) => question.trim())
    .filter(Boolean);
}
