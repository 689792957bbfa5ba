import { restartCloseCode } from "../core/restart.ts";

/**
 * What we close with; codes of refused connections stand in `closeCodeOf`, that of slow readers in
 * core/watched-connection.ts.
 */
export const closeCodes = {
  /** The server restarts: come back and resume. */
  serviceRestart: restartCloseCode,
  /** Come back a little later. RFC 6455 registry. */
  tryAgainLater: 1013,
  /** The tenant was suspended or removed. */
  tenantNotFound: 4404,
  /** Our fault. The protocol's own code. */
  internalError: 4500,
} as const;

/** Above this the connection is closed (1009) before the frame is held in memory. Bytes. */
export const maxFrameBytes = 1024 * 1024;
