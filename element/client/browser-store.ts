/**
 * Where things are kept: `local` over visits, `session` until the tab is closed, `none` not at all, so that
 * a reload begins anew as another visitor.
 */
export type StorageMode = "local" | "session" | "none";

/** `tab`: this tab's alone. `browser`: all of the browser's tabs', where the mode allows. */
export type Scope = "tab" | "browser";

/** Texts under names. A page may forbid storage; then memory stands in. */
export interface BrowserStore {
  /** Whether tabs share what is of the browser's scope. */
  readonly isShared: boolean;
  read(scope: Scope, name: string): string | undefined;
  write(scope: Scope, name: string, value: string): void;
  drop(scope: Scope, name: string): void;
  /** Gives what the tabs share another name; does nothing where there is nothing. */
  rename(from: string, to: string): void;
  /** The names of what the tabs share that begin so. */
  list(start: string): readonly string[];
}

export function createBrowserStore(mode: StorageMode): BrowserStore {
  const memory = new Map<string, string>();
  const isShared = mode === "local";
  const areaOf = (scope: Scope): Area | undefined => {
    if (mode === "none") return undefined;
    return isShared && scope === "browser" ? "localStorage" : "sessionStorage";
  };
  // Memory holds only what could not be stored: what the page clears is gone here too.
  const store: BrowserStore = {
    isShared,
    read(scope, name) {
      const area = areaOf(scope);
      const stored = area && tryStorage(area, (storage) => storage.getItem(name));
      return stored ?? memory.get(`${area} ${name}`);
    },
    write(scope, name, value) {
      const area = areaOf(scope);
      const isStored =
        area &&
        tryStorage(area, (storage) => {
          storage.setItem(name, value);
          return true;
        });
      if (isStored) memory.delete(`${area} ${name}`);
      else memory.set(`${area} ${name}`, value);
    },
    drop(scope, name) {
      const area = areaOf(scope);
      memory.delete(`${area} ${name}`);
      if (area) tryStorage(area, (storage) => storage.removeItem(name));
    },
    rename(from, to) {
      const value = store.read("browser", from);
      if (value === undefined) return;
      store.drop("browser", from);
      store.write("browser", to, value);
    },
    list(start) {
      const names = isShared && tryStorage("localStorage", (storage) => Object.keys(storage));
      return (names || []).filter((name) => name.startsWith(start));
    },
  };
  return store;
}

/** Texts under names, such as a `Storage` of a browser, or one of yours. */
export type TextArea = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Keeps all in one area, which nobody else uses meanwhile. */
export function createTextStore(area: TextArea): BrowserStore {
  return {
    isShared: false,
    read: (_scope, name) => area.getItem(name) ?? undefined,
    write: (_scope, name, value) => area.setItem(name, value),
    drop: (_scope, name) => area.removeItem(name),
    rename(from, to) {
      const value = area.getItem(from);
      if (value === null) return;
      area.removeItem(from);
      area.setItem(to, value);
    },
    list: () => [],
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
