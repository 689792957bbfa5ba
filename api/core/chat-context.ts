/** Of a chat's `context`: whatever the page keeps with the chat. Bytes of JSON. */
export const maxContextBytes = 8 * 1024;
const maxContextDepth = 32;

/**
 * Why a chat's context can't be stored; undefined when it can.
 * Depth comes first, since a deep value can't even be printed.
 */
export function findContextFault(context: Readonly<Record<string, unknown>>): string | undefined {
  const waiting: [value: unknown, depth: number][] = [[context, 1]];
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    const [value, depth] = entry;
    if (depth > maxContextDepth) return `Nested deeper than ${maxContextDepth} levels`;
    if (typeof value === "string" && !isStorable(value))
      return "Holds NUL or half a surrogate pair";
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value))
      waiting.push([key, depth], [inner, depth + 1]);
  }
  const size = new TextEncoder().encode(JSON.stringify(context)).length;
  return size > maxContextBytes ? `Longer than ${maxContextBytes} bytes of JSON` : undefined;
}

function isStorable(value: string): boolean {
  return !value.includes("\0") && value.isWellFormed();
}
