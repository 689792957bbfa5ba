/** Says to the browser's other tabs that something belongs to this one. */
export interface TabLock {
  /** Until `release`, or until the tab is closed. */
  hold(name: string): void;
  release(): void;
}

export interface TabLocks {
  create(): TabLock;
  /** Calls `run` if no tab holds that lock, this one included; at once where there are no locks. */
  whenFree(name: string, run: () => void): void;
}

/** Browsers have locks on secure origins only; elsewhere nothing is held, and everything is free. */
export const browserLocks: TabLocks = {
  create: createTabLock,
  whenFree(name, run) {
    void lock(name, { ifAvailable: true }, (isGranted) => {
      if (isGranted) run();
    });
  },
};

function createTabLock(): TabLock {
  let release: (() => void) | undefined;
  return {
    hold(name) {
      if (release) return;
      const held = new Promise<void>((resolve) => (release = resolve));
      void lock(name, {}, () => held);
    },
    release() {
      release?.();
      release = undefined;
    },
  };
}

async function lock(
  name: string,
  options: LockOptions,
  use: (isGranted: boolean) => void | Promise<void>,
): Promise<void> {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (!locks) return use(true);
  try {
    await locks.request(name, options, (granted) => use(granted !== null));
  } catch (error) {
    // A page whose origin is opaque has no locks, and no storage to share either.
    if (!(error instanceof DOMException)) throw error;
  }
}
