import type { Caller } from "../core/access/caller.ts";
import type { VisitorTokens } from "../core/access/tokens.ts";
import { isNameless, makeVisitor } from "../core/access/visitor.ts";

export interface Proof {
  /** Undefined for who needs none: a user, and a server with its secret key. */
  readonly visitorId: string | undefined;
  /** For a visitor who came without one: to be shown from now on. */
  readonly token: string | undefined;
}

/** Who makes chats through one request or connection. */
export interface Visitor {
  /** The proven visitor so far. */
  current(): Promise<string | undefined>;
  /** A person who comes without a token becomes a new visitor, once, and is given the proof. */
  prove(): Promise<Proof>;
}

export function createVisitor(tokens: VisitorTokens, caller: Caller): Visitor {
  const { visitorId } = caller;
  let made: Promise<Proof> | undefined;
  return {
    current: async () => visitorId ?? (await made)?.visitorId,
    async prove() {
      if (!isNameless(caller)) return { visitorId, token: undefined };
      made ??= makeVisitor(tokens, caller);
      return made;
    },
  };
}
