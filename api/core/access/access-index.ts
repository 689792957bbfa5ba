import type { Caller } from "./caller.ts";

/** What may have changed. */
export type AccessChange =
  | { readonly tenantId: string }
  | { readonly keyId: string }
  | { readonly userId: string }
  /** Announcements may have been missed: anything. */
  | "any";

/** Things by the callers whom they are of, so that a change finds those whom it concerns. */
export interface AccessIndex<Item> {
  has(item: Item): boolean;
  /** From here on it is this caller's. */
  put(item: Item, caller: Caller): void;
  /** @returns whether it was there. */
  delete(item: Item): boolean;
  /** As they are at the moment, in the order in which they came. */
  concernedBy(change: AccessChange): Item[];
}

export function createAccessIndex<Item>(): AccessIndex<Item> {
  const names = new Map<Item, ReadonlySet<string>>();
  const named = new Map<string, Set<Item>>();

  function add(item: Item, name: string): void {
    const items = named.get(name) ?? new Set();
    named.set(name, items.add(item));
  }

  function remove(item: Item, name: string): void {
    const items = named.get(name);
    items?.delete(item);
    if (items?.size === 0) named.delete(name);
  }

  return {
    has: (item) => names.has(item),
    put(item, caller) {
      const before = names.get(item) ?? new Set();
      const now = namesOf(caller);
      for (const name of before.difference(now)) remove(item, name);
      for (const name of now.difference(before)) add(item, name);
      names.set(item, now);
    },
    delete(item) {
      for (const name of names.get(item) ?? []) remove(item, name);
      return names.delete(item);
    },
    concernedBy: (change) =>
      change === "any" ? [...names.keys()] : [...(named.get(nameOf(change)) ?? [])],
  };
}

function nameOf(change: Exclude<AccessChange, "any">): string {
  if ("tenantId" in change) return `tenant ${change.tenantId}`;
  return "keyId" in change ? `key ${change.keyId}` : `user ${change.userId}`;
}

function namesOf({ tenant, key, tokenKey, user }: Caller): ReadonlySet<string> {
  const names = [nameOf({ tenantId: tenant.id })];
  for (const known of [key, tokenKey]) if (known) names.push(nameOf({ keyId: known.id }));
  if (user) names.push(nameOf({ userId: user.id }));
  return new Set(names);
}
