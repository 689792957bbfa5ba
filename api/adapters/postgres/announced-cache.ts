import type { LookUp } from "../../core/limits/strangers.ts";
import type { Clock } from "../../core/ports.ts";

/** Values of which the database announces each change: one is at most as old as its announcement's way. */
export interface AnnouncedCache<Value> {
  /**
   * Shares one read among all who ask meanwhile. A failed one is not kept.
   * @param lookUp runs the read of what was never read, or wasn't there the last time; what it throws at once is
   * told to this one reader.
   */
  read(key: string, load: () => Promise<Value>, lookUp?: LookUp): Promise<Value>;
  /** Reads it anew at its next use. */
  drop(key: string): void;
  clear(): void;
}

/** How old an entry may be while changes are announced, and while they may be missed. */
const heardMs = 60_000;
const deafMs = 500;
/** Of what is there, and as many again of what isn't: nothing invented takes the place of something real. */
const maxEntries = 20_000;

interface Entry<Value> {
  /** When its read began; it is not good any more from -Infinity on. */
  at: number;
  readonly value: Promise<Value>;
}

/**
 * What was used last is kept longest. `undefined` says that something isn't there, which is remembered too.
 * @param isListening false while announcements may be missed: then an entry is read anew twice a second.
 */
export function createAnnouncedCache<Value>(
  clock: Clock,
  isListening: () => boolean,
): AnnouncedCache<Value> {
  const found = new Map<string, Entry<Value>>();
  const missing = new Map<string, Entry<Value>>();
  /** Reads that have not ended, as many as there are. What is dropped meanwhile leaves no trace. */
  const reading = new Map<string, Entry<Value>>();

  function begin(key: string, value: Promise<Value>): Promise<Value> {
    const entry: Entry<Value> = { at: clock.now(), value };
    reading.set(key, entry);
    const isCurrent = () => reading.get(key) === entry && reading.delete(key);
    value.then(
      (read) => {
        if (!isCurrent()) return;
        found.delete(key);
        missing.delete(key);
        keep(read === undefined ? missing : found, key, entry);
      },
      () => void isCurrent(),
    );
    return value;
  }

  return {
    async read(key, load, lookUp = (run) => run()) {
      const known = found.get(key) ?? missing.get(key);
      const maxAge = isListening() ? heardMs : deafMs;
      const isFresh = ({ at }: Entry<Value>) => clock.now() - at < maxAge;
      if (known && isFresh(known)) {
        const home = found.has(key) ? found : missing;
        home.delete(key);
        home.set(key, known);
        return known.value;
      }
      const running = reading.get(key);
      if (running && isFresh(running)) return running.value;
      return begin(key, found.has(key) ? load() : lookUp(load));
    },
    drop(key) {
      reading.delete(key);
      missing.delete(key);
      const entry = found.get(key);
      // It stays in its place as something that was there.
      if (entry) entry.at = -Infinity;
    },
    clear() {
      reading.clear();
      missing.clear();
      for (const entry of found.values()) entry.at = -Infinity;
    },
  };
}

function keep<Value>(home: Map<string, Entry<Value>>, key: string, entry: Entry<Value>): void {
  const [oldest] = home.keys();
  if (home.size >= maxEntries && oldest !== undefined) home.delete(oldest);
  home.set(key, entry);
}
