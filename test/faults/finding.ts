/** What a run can find wrong, in the order in which it is told. */
export const findingKinds = [
  "lost",
  "duplicated",
  "reordered",
  "hung",
  "silently cut",
  "second endings",
  /** What a reader has differs from what is stored. */
  "unequal to the stored",
  /** An error that the protocol doesn't tell a client to come back after. */
  "unexpected errors",
  "late takeovers",
  "servers that failed",
] as const;

export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** Who saw it. */
  readonly who: string;
  readonly text: string;
}
