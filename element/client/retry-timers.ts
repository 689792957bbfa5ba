import type { ClientEnvironment } from "./environment.ts";

/** Things to do again later, at most one under each name. */
export class RetryTimers {
  readonly #after: ClientEnvironment["after"];
  readonly #cancels = new Map<string, () => void>();

  constructor(after: ClientEnvironment["after"]) {
    this.#after = after;
  }

  /** Does nothing while one of that name is waiting. @param ms milliseconds */
  set(name: string, ms: number, run: () => void): void {
    if (this.#cancels.has(name)) return;
    const cancel = this.#after(ms, () => {
      this.#cancels.delete(name);
      run();
    });
    this.#cancels.set(name, cancel);
  }

  clear(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
