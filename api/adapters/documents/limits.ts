/** What one document may take; `defaultLimits` where nothing else is said. */
export interface ParserLimits {
  /** Milliseconds for a document, from the start of its process on. */
  readonly time: number;
  /** Bytes that its process may hold in all. */
  readonly memory: number;
  /** Bytes to which its packed parts may unpack. */
  readonly inflated: number;
  /** Bytes of UTF-8 that its text may have. */
  readonly text: number;
}

const MiB = 1024 * 1024;

export const defaultLimits: ParserLimits = {
  time: 60_000,
  memory: 768 * MiB,
  inflated: 64 * MiB,
  text: 10 * MiB,
};
