import type { ParserLimits } from "./limits.ts";

/** A document as the reader of its format gets it. */
export interface ReadInput {
  readonly bytes: Uint8Array;
  /** As the media type says it. */
  readonly charset: string | undefined;
  readonly limits: ParserLimits;
}
