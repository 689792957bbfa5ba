import { restartCloseCode } from "../core/restart.ts";

/**
 * What we close with; codes of refused connections, and of a tenant that is gone, stand in `closeCodeOf`, that of slow readers in
 * core/watched-connection.ts.
 */
export const closeCodes = {
  /** The server restarts: come back and resume. */
  serviceRestart: restartCloseCode,
  /** Come back a little later. RFC 6455 registry. */
  tryAgainLater: 1013,
  /** What was shown is no longer good: come back with what is. */
  forbidden: 4403,
  /** A frame is larger than it may be. */
  tooLarge: 1009,
  /** Our fault. The protocol's own code. */
  internalError: 4500,
} as const;

/** The same of the first frame, `connection_init`, which may be anybody's. Bytes. */
export const maxFirstFrameBytes = 16 * 1024;

/** Above this the connection is closed (1009) before the frame is held in memory. Bytes. */
export const maxFrameBytes = 1024 * 1024;
