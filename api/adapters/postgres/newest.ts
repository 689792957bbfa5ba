/** The newest moment that this process knows of each thing. */
export interface Newest {
  /** @returns whether it is newer than what was known, and from here on known. */
  note(id: string, moment: number): boolean;
  forget(id: string): void;
}

/** Beyond that the ones that were noted longest ago are forgotten. */
const maxIds = 20_000;

export function createNewest(): Newest {
  const moments = new Map<string, number>();
  return {
    note(id, moment) {
      if (moment <= (moments.get(id) ?? -Infinity)) return false;
      moments.delete(id);
      moments.set(id, moment);
      const [oldest] = moments.keys();
      if (moments.size > maxIds && oldest !== undefined) moments.delete(oldest);
      return true;
    },
    forget: (id) => void moments.delete(id),
  };
}
