export interface ConnectionUsersOptions {
  onArrive(): void;
  /** The last one has left, and nobody has come in its place. */
  onEmpty(): void;
  /** While there are users: a lost connection may well succeed now. */
  onWake(): void;
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
  let stopListening: (() => void) | undefined;
  const release = () => {
    if (users.size > 0) return;
    stopListening?.();
    stopListening = undefined;
    options.onEmpty();
  };
  return {
    get wantConnection() {
      return [...users].some(({ autoConnect }) => autoConnect);
    },
    hold(autoConnect) {
      const user = { autoConnect };
      users.add(user);
      stopListening ??= listenForWake(options.onWake);
      options.onArrive();
      return () => {
        users.delete(user);
        // Later, since a component that moves, or StrictMode, is back within the same task.
        queueMicrotask(release);
      };
    },
  };
}

/** The network is back, or the page is looked at again. */
function listenForWake(onWake: () => void): () => void {
  const onVisibility = () => {
    if (document.visibilityState === "visible") onWake();
  };
  window.addEventListener("online", onWake);
  document.addEventListener("visibilitychange", onVisibility);
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    window.removeEventListener("online", onWake);
  };
}
