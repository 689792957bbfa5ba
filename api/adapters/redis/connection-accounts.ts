import type { OwnCount } from "./connection-counts.ts";

/** What this process holds of one key. */
interface Account {
  held: number;
  /** Steps on their way to Redis: until they are back, nobody knows what should stand there. */
  asked: number;
  /** Redis may have another number: it is written anew as soon as nothing is on its way. */
  isUnsure: boolean;
}

/** What a process knows of its own connections. A key is forgotten when nothing is held of it and Redis knows that. */
export interface ConnectionAccounts {
  readonly size: number;
  keys(): string[];
  heldOf(key: string): number;
  /** One more or one less is held of each. */
  change(keys: readonly string[], by: 1 | -1): void;
  /** A step concerning these is on its way to Redis, */
  begin(keys: readonly string[]): void;
  /** and is back. @param isUnsure whether nobody knows its outcome */
  end(keys: readonly string[], isUnsure: boolean): void;
  setUnsure(keys: readonly string[], isUnsure: boolean): void;
  /** Redis may have any of the numbers wrong. */
  doubtAll(): void;
  /** Forgets the keys of which nothing is held and nothing on its way, whatever Redis has of them. */
  dropEmpty(): void;
  unsureKeys(): string[];
  /** What Redis may have wrong of these, as far as nothing of it is on its way. */
  due(keys: readonly string[]): OwnCount[];
}

export function createConnectionAccounts(): ConnectionAccounts {
  const accounts = new Map<string, Account>();

  function accountOf(key: string): Account {
    const account = accounts.get(key) ?? { held: 0, asked: 0, isUnsure: false };
    accounts.set(key, account);
    return account;
  }

  function changeEach(keys: readonly string[], change: (account: Account) => void): void {
    for (const key of keys) {
      const account = accountOf(key);
      change(account);
      if (account.held === 0 && account.asked === 0 && !account.isUnsure) accounts.delete(key);
    }
  }

  return {
    get size() {
      return accounts.size;
    },
    keys: () => [...accounts.keys()],
    heldOf: (key) => accounts.get(key)?.held ?? 0,
    change: (keys, by) => changeEach(keys, (account) => (account.held += by)),
    begin: (keys) => changeEach(keys, (account) => (account.asked += 1)),
    end: (keys, isUnsure) =>
      changeEach(keys, (account) => {
        account.asked -= 1;
        account.isUnsure ||= isUnsure;
      }),
    setUnsure: (keys, isUnsure) => changeEach(keys, (account) => (account.isUnsure = isUnsure)),
    doubtAll() {
      for (const account of accounts.values()) account.isUnsure = true;
    },
    dropEmpty() {
      for (const [key, { held, asked }] of accounts)
        if (held === 0 && asked === 0) accounts.delete(key);
    },
    unsureKeys: () => [...accounts].filter(([, { isUnsure }]) => isUnsure).map(([key]) => key),
    due: (keys) =>
      keys.flatMap((key) => {
        const account = accounts.get(key);
        return account?.isUnsure && account.asked === 0 ? [{ key, held: account.held }] : [];
      }),
  };
}
