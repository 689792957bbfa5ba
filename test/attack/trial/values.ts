import type { IdKind, Things } from "../filling/id-kinds.ts";
import { makeTwin } from "../filling/random-id.ts";
import { question } from "../scene/chats.ts";
import type { Operation, WireRequest } from "../surface/operation.ts";
import type { Variant } from "./variants.ts";

/** The texts of one trial: nothing of them is a secret, and nobody says them elsewhere. */
export interface Texts {
  readonly short: string;
  readonly email: string;
}

/** Ids that nobody has, of the same form as these; the same one for one id all through. */
export function makeTwins(things: Things): Things {
  const known = new Map<string, string>();
  const entries = Object.entries(things).map(([kind, id]) => {
    const [name = id, ...behind] = id.split("/");
    const twin = known.get(name) ?? makeTwin(name);
    known.set(name, twin);
    return [kind, [twin, ...behind].join("/")] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The request of a variant. @param victims what stands for the victim's things. @param own what the asker has;
 * undefined where nothing of it is needed.
 * @returns undefined when a thing that is needed isn't there.
 */
export function fill(
  operation: Operation,
  { slots, values, texts }: Variant,
  victims: Things,
  own: Things,
  { short, email }: Texts,
): WireRequest | undefined {
  const filled = new Map(values);
  const written = { question, email, short, address: `https://attack.invalid/${short}` };
  for (const [path, text] of texts) filled.set(path, written[text]);
  for (const [path, { kind, whose, isList }] of slots) {
    const id = (whose === "own" ? own : victims)[kind];
    if (id === undefined) return undefined;
    filled.set(path, isList ? [id] : id);
  }
  return operation.build(filled);
}

/** The kinds of what the variant names of the victim's. */
export function victimKinds({ slots }: Variant): IdKind[] {
  return [...slots.values()].filter(({ whose }) => whose === "victim").map(({ kind }) => kind);
}
