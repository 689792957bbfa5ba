/** The last characters of what is said, whatever its length. */
export interface Tail {
  add(said: unknown): void;
  read(): string;
}

export function createTail(length: number): Tail {
  let text = "";
  return {
    add(said) {
      text = (text + String(said)).slice(-length);
    },
    read: () => text,
  };
}
