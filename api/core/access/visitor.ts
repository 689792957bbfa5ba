import { newId } from "../ids.ts";
import { isServer, ownerIdOf, type Caller } from "./caller.ts";
import type { VisitorTokens } from "./tokens.ts";

/** Whether a chat that this caller makes would be nobody's, though it is a person who makes it. */
export function isNameless(caller: Caller): boolean {
  return ownerIdOf(caller) === undefined && !isServer(caller);
}

export interface NewVisitor {
  readonly visitorId: string;
  /** The proof, to be shown from now on. */
  readonly token: string;
}

/** A person who is known by nothing yet. */
export async function makeVisitor(
  tokens: VisitorTokens,
  { tenant }: Pick<Caller, "tenant">,
): Promise<NewVisitor> {
  const visitorId = newId("vis");
  return { visitorId, token: await tokens.issue(tenant.id, visitorId) };
}
