import type { ReactElement } from "react";
import type { WidgetState } from "./chat-session.ts";

type Status = WidgetState["connection"]["status"];

export interface ConnectionStatusProps {
  status: Status;
  /** Words instead of the English ones. */
  labels?: Partial<Readonly<Record<Status, string>>>;
  /** Default "miptech-connection-status"; `data-status` carries the status for a style sheet. */
  className?: string;
}

const words: Readonly<Record<Status, string>> = {
  connected: "Online",
  connecting: "Connecting…",
  disconnected: "Not connected",
  error: "Unavailable",
};

// Attributes and not styles: a strict content security policy lets them through, and a style sheet wins.
const colors: Readonly<Record<Status, string>> = {
  connected: "#1a8a4b",
  connecting: "#b7791f",
  disconnected: "#7a8185",
  error: "#c0362c",
};

/** Says how the connection stands, in a dot and a word; a screen reader hears of changes. */
export function ConnectionStatus({
  status,
  labels,
  className = "miptech-connection-status",
}: ConnectionStatusProps): ReactElement {
  return (
    <span className={className} data-status={status} role="status">
      <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true">
        <circle cx="4" cy="4" r="4" fill={colors[status]} />
      </svg>{" "}
      {labels?.[status] ?? words[status]}
    </span>
  );
}
