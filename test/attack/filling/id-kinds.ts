/** What an input can name of somebody's. */
export type IdKind =
  | "chat"
  | "question"
  | "answer"
  /** Of an event: `<message_id>/<cursor>`. */
  | "place"
  | "client message id"
  /** The answer to a question that the documents didn't answer. */
  | "unanswered"
  | "document"
  | "source"
  | "web source"
  | "user"
  | "external user"
  | "key"
  | "tenant"
  /** One of no use but to be deleted. */
  | "spare tenant"
  /** The receipt of a deletion. */
  | "erasure"
  /** Of a page of that operation's own list. */
  | "cursor"
  | "visitor label"
  | "visitor token"
  | "user token"
  | "API key"
  | "ticket";

/** One thing of each kind, by which somebody's things are named. */
export type Things = Readonly<Partial<Record<IdKind, string>>>;

/** They name what is in one chat. */
export const chatKinds: readonly IdKind[] = ["chat", "question", "answer", "place"];

/** Whoever names one of another tenant, or one that isn't theirs, must be told that there is none. */
export const hardKinds: readonly IdKind[] = [
  ...chatKinds,
  "unanswered",
  "document",
  "web source",
  "user",
  "key",
  "tenant",
  "spare tenant",
  "erasure",
];

/** Whoever holds one may use it within its tenant; in another it is worth nothing. */
export const secretKinds: readonly IdKind[] = ["visitor token", "user token", "API key", "ticket"];

/** What an input with several meanings can name. */
export const messageKinds: readonly IdKind[] = ["answer", "question"];
export const nodeKinds: readonly IdKind[] = ["chat", "answer", "question", "document"];
