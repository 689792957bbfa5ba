import { isStorable, notStorable } from "./storable.ts";

/** Of a chat's `context`: whatever the page keeps with the chat. Bytes of JSON. */
export const maxContextBytes = 8 * 1024;
const maxContextDepth = 32;

/** What a context must be at the least; its faults are found afterwards. */
export function isContext(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Why a chat's context can't be stored; undefined when it can.
 * Depth comes first, since a deep value can't even be printed.
 */
export function findContextFault(context: Readonly<Record<string, unknown>>): string | undefined {
  const waiting: [value: unknown, depth: number][] = [[context, 1]];
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    const [value, depth] = entry;
    if (depth > maxContextDepth) return `Nested deeper than ${maxContextDepth} levels`;
    if (typeof value === "string" && !isStorable(value)) return notStorable;
    if (typeof value !== "object" || value === null) continue;
    // Who copies such an object name by name changes what it is, so it isn't passed on to anyone.
    if (Object.hasOwn(value, "__proto__")) return "Holds the name __proto__";
    for (const [key, inner] of Object.entries(value))
      waiting.push([key, depth], [inner, depth + 1]);
  }
  const size = new TextEncoder().encode(JSON.stringify(context)).length;
  return size > maxContextBytes ? `Longer than ${maxContextBytes} bytes of JSON` : undefined;
}
