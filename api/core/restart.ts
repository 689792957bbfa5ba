/** What clients are told when the server goes down or restarts, at every door. */

export const restartText = "The server restarts: come back and resume";

/** RFC 6455's registry: service restart. */
export const restartCloseCode = 1012;

/** Goes out before a connection or a stream is ended for a restart. */
export const reconnectFrame = {
  type: "reconnect",
  data: {
    message: restartText,
    /** Seconds. */
    retry_after: 1,
  },
} as const;
