/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON merge patch (RFC 7396): null takes a member away, objects are merged, all else takes the place of what was. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  // From entries, since assigning would lose a member of the name `__proto__`.
  return Object.fromEntries(merged);
}

/** Null stands for what isn't there. */
export interface JsonChange {
  readonly old: unknown;
  readonly new: unknown;
}

/** What differs between two objects, by the path of each member such as `limits.messages_per_day`. */
export function listChanges(
  before: JsonObject,
  after: JsonObject,
  path: readonly string[] = [],
): Record<string, JsonChange> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes = [...names].flatMap((name): [string, JsonChange][] => {
    const [old, fresh] = [memberOf(before, name), memberOf(after, name)];
    if (isSameJson(old, fresh)) return [];
    const here = [...path, name];
    return isNested(old, fresh)
      ? Object.entries(listChanges(asObject(old), asObject(fresh), here))
      : [[here.join("."), { old, new: fresh }]];
  });
  return Object.fromEntries(changes);
}

/** Whether the two are the same JSON, in whatever order their members stand. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isSameJson(item, b[index]));
  if (!isJsonObject(a) || !isJsonObject(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSameJson(a[name], b[name]))
  );
}

/** Objects on both sides, or on one and nothing on the other: their members are told one by one. */
function isNested(old: unknown, fresh: unknown): boolean {
  const [left, right] = [isJsonObject(old), isJsonObject(fresh)];
  if (left && right) return true;
  const isFilled = (value: unknown) => isJsonObject(value) && Object.keys(value).length > 0;
  return (isFilled(old) && fresh === null) || (isFilled(fresh) && old === null);
}

function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function memberOf(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}
