import type { ConnectionConfig } from "./config.ts";

/** Where an element keeps the two things that outlive it. A page may forbid storage; then memory stands in. */
export interface ClientStorage {
  /** One id per tab and element, kept over reloads. */
  clientId(make: () => string): string;
  visitorToken(): string | undefined;
  saveVisitorToken(token: string): void;
  dropVisitorToken(): void;
}

type Owner = Pick<ConnectionConfig, "apiUrl" | "tenantId">;

/** @param instance tells several elements of one page apart. */
export function createStorage(owner: () => Owner, instance: string): ClientStorage {
  const memory = new Map<string, string>();
  const key = (kind: string) => `miptech:${kind}:${owner().apiUrl}|${owner().tenantId}`;

  const read = (area: Area, name: string) =>
    tryStorage(area, (storage) => storage.getItem(name)) ?? memory.get(name);
  const write = (area: Area, name: string, value: string) => {
    memory.set(name, value);
    tryStorage(area, (storage) => storage.setItem(name, value));
  };
  return {
    clientId(make) {
      const name = `${key("client")}|${instance}`;
      const known = read("sessionStorage", name);
      if (known) return known;
      const made = make();
      write("sessionStorage", name, made);
      return made;
    },
    visitorToken: () => read("localStorage", key("visitor")),
    saveVisitorToken: (token) => write("localStorage", key("visitor"), token),
    dropVisitorToken() {
      memory.delete(key("visitor"));
      tryStorage("localStorage", (storage) => storage.removeItem(key("visitor")));
    },
  };
}

type Area = "localStorage" | "sessionStorage";

/** Undefined when there is no storage: forbidden by a setting or a sandboxed frame, full, or not a browser. */
export function tryStorage<T>(area: Area, use: (storage: Storage) => T): T | undefined {
  try {
    const storage: Storage | undefined = globalThis[area];
    return storage && use(storage);
  } catch (error) {
    // Touching a forbidden storage throws SecurityError, a full one QuotaExceededError. Both leave
    // a working chat that forgets on reload; anything else is a mistake of ours.
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
