import type { Caller } from "../core/caller.ts";
import { newId } from "../core/ids.ts";
import type { VisitorTokens } from "../core/ports.ts";

export interface Proof {
  readonly visitorId: string;
  /** For a visitor who came without one: to be shown from now on. */
  readonly token: string | undefined;
}

/** Who makes chats through one request or connection. */
export interface Visitor {
  /** The proven visitor so far. */
  current(): Promise<string | undefined>;
  /** Who comes without a token becomes a new visitor, once, and is given the proof. */
  prove(): Promise<Proof>;
}

export function createVisitor(
  tokens: VisitorTokens,
  { tenant, visitorId }: Pick<Caller, "tenant" | "visitorId">,
): Visitor {
  let made: Promise<Proof> | undefined;

  async function make(): Promise<Proof> {
    const id = newId("vis");
    return { visitorId: id, token: await tokens.issue(tenant.id, id) };
  }

  return {
    current: async () => visitorId ?? (await made)?.visitorId,
    async prove() {
      if (visitorId) return { visitorId, token: undefined };
      made ??= make();
      return made;
    },
  };
}
