export interface ConnectionUsersOptions {
  onArrive(): void;
  /** The last one has left, and nobody has come in its place. */
  onEmpty(): void;
}

/** Who uses a connection. */
export interface ConnectionUsers {
  /** Whether one of them wants the connection opened. */
  readonly wantConnection: boolean;
  /** Counts one more in. @returns what counts it out again */
  hold(autoConnect: boolean): () => void;
}

export function createConnectionUsers(options: ConnectionUsersOptions): ConnectionUsers {
  const users = new Set<{ readonly autoConnect: boolean }>();
  const release = () => {
    if (users.size === 0) options.onEmpty();
  };
  return {
    get wantConnection() {
      return [...users].some(({ autoConnect }) => autoConnect);
    },
    hold(autoConnect) {
      const user = { autoConnect };
      users.add(user);
      options.onArrive();
      return () => {
        users.delete(user);
        // Later, since a component that moves, or StrictMode, is back within the same task.
        queueMicrotask(release);
      };
    },
  };
}
