/**
 * What a page knows of its network and of its own sleep: the network has come or gone, the page is
 * looked at again, or it is left and may come back as it was.
 */
export type PageSignal = "online" | "offline" | "wake" | "hide";

const signals: Readonly<Record<string, PageSignal>> = {
  online: "online",
  offline: "offline",
  pagehide: "hide",
  pageshow: "wake",
  visibilitychange: "wake",
};

/** @returns what ends it. */
export function watchPage(hear: (signal: PageSignal) => void): () => void {
  const { window, document } = globalThis;
  // Where there is no page, nobody knows.
  if (!document) return () => undefined;
  const listener = (event: Event) => {
    // One that is shown for the first time, or left for good, needs nothing.
    const isFinal = "persisted" in event && !event.persisted;
    const isHidden = event.type === "visibilitychange" && document.hidden;
    const signal = signals[event.type];
    if (signal && !isFinal && !isHidden) hear(signal);
  };
  const targets = Object.keys(signals).map(
    (name) => [name === "visibilitychange" ? document : window, name] as const,
  );
  for (const [target, name] of targets) target.addEventListener(name, listener);
  return () => {
    for (const [target, name] of targets) target.removeEventListener(name, listener);
  };
}
