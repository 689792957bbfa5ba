import { parseLoosely } from "../doors/answer.ts";
import type { Things } from "../filling/id-kinds.ts";
import { isRecord } from "../surface/operation.ts";
import { listOwners } from "./outsiders.ts";
import { askerOf, type Stage, type Trial } from "./stage.ts";
import { fill, type Texts } from "./values.ts";

/** The cursor behind the first item of the list that the owner is given; none where it has but one. */
export async function findCursor(
  { sides, preparer }: Stage,
  { operation, variant, door }: Trial,
  things: Things,
  texts: Texts,
): Promise<Things> {
  const values = new Map(
    [...variant.values].map(([path, value]) => [path, isSize(path) ? 1 : value]),
  );
  const slots = new Map([...variant.slots].filter(([, { kind }]) => kind !== "cursor"));
  const request = fill(operation, { ...variant, values, slots }, things, things, texts);
  if (!request) return {};
  for (const owner of listOwners(sides.victim, preparer.platform, variant)) {
    const [exchange] = await door.ask(askerOf(door, owner, sides.victim.id), [request]);
    if (exchange?.answer.outcome !== "done") continue;
    const cursor = findIn(exchange.answer.shape);
    return cursor === undefined ? {} : { cursor };
  }
  return {};
}

function isSize(path: string): boolean {
  return path.endsWith("first") || path.endsWith("limit");
}

/** `next` of a page of REST, `endCursor` of one of GraphQL; the outermost. */
function findIn(value: unknown): string | undefined {
  const parsed = typeof value === "string" ? parseLoosely(value) : value;
  const inner: unknown[] = Array.isArray(parsed)
    ? parsed
    : isRecord(parsed)
      ? Object.values(parsed)
      : [];
  if (isRecord(parsed)) {
    const { next, pageInfo } = parsed;
    const cursor = isRecord(pageInfo) ? pageInfo.endCursor : next;
    if (typeof cursor === "string") return cursor;
  }
  for (const one of inner) {
    const found = typeof one === "object" ? findIn(one) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
