/** A finer view of the connection than the published four states. */
export type ConnectionPhase =
  | "disconnected"
  | "connecting"
  /** Between two attempts. */
  | "waiting"
  /** There is no network; as soon as there is one, it is tried. */
  | "offline"
  | "connected"
  /** The server said no in a way that a retry can't change. */
  | "refused"
  /** All attempts are used up. */
  | "exhausted";

export interface ConnectionStatus {
  readonly phase: ConnectionPhase;
  /** Reconnect attempts since the last connection that proved itself. */
  readonly attempts: number;
  /** What the server, or the browser, gave as the reason. */
  readonly error?: string;
  /** The server's stable code of that reason. */
  readonly errorCode?: string;
  /** Of a refusal: the code of the close. */
  readonly closeCode?: number;
}
