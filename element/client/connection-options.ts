import type { ServerFrame } from "../../api/ws/protocol.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import type { SocketOffer } from "./credentials.ts";

export interface ConnectionOptions {
  /** Asked for at each attempt. @throws ChatError, TypeError for a bad address */
  offer(): SocketOffer | Promise<SocketOffer>;
  maxReconnectAttempts(): number;
  /** Milliseconds. */
  reconnectInterval(): number;
  onChange(status: ConnectionStatus): void;
  onFrame(frame: ServerFrame): void;
  /** At each look at a standing connection, see `timing.look`. */
  onLook(): void;
  /** The connection is gone, with the code of its close; 1006 when nobody said why. */
  onLost(closeCode: number): void;
  /** Whether something else can be shown after a refusal for who calls, the code of which may be unknown. */
  mayRetryRefusal(errorCode: string | undefined): boolean;
}
