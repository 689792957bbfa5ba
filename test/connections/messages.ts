/** What a process with clients is told in its argument, as JSON. */
export interface ClientPlan {
  /** ws://host:port/path of the server itself. */
  readonly url: string;
  readonly tenantId: string;
  readonly idle: number;
  readonly streaming: number;
}

/** A streamed answer that was read to its end. */
export interface StreamedAnswer {
  readonly messageId: string;
  /** Of its text, see `digest`. */
  readonly digest: string;
}

/** What it tells: that all connections are open, what goes wrong, and the sum of all. */
export type ClientMessage =
  | { readonly type: "opened" }
  | { readonly type: "fault"; readonly text: string }
  | { readonly type: "ended"; readonly summary: ClientSummary };

export interface ClientSummary {
  readonly answers: readonly StreamedAnswer[];
  /** `response_chunk` frames. */
  readonly chunks: number;
  /** The fewest pings that one of the idle connections got; 0 without any. */
  readonly fewestPings: number;
}

/** The only thing that it is told: to read the answers to their ends and close all. */
export const stopMessage = "stop";
