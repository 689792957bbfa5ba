import { setTimeout as sleep } from "node:timers/promises";
import type { KindOf } from "./fault.ts";
import type { Line } from "./proxy-line.ts";
import type { Proxy } from "./proxy.ts";

export interface LineFault {
  readonly kind: KindOf<"line">;
  readonly ms: number;
  /** Which of the connections: 0 the oldest, just below 1 the newest. */
  readonly pick: number;
}

/**
 * Begins it, and resolves when it is over; undefined when there is no connection.
 * @param proxies the one that is meant, then those that are taken where it has no connection.
 */
export function strikeLines(
  { kind, ms, pick }: LineFault,
  proxies: readonly Proxy[],
): Promise<void> | undefined {
  const until = Date.now() + ms;
  const meant = proxies[0];
  if (meant && kind === "refuse") {
    meant.refusesUntil = until;
    return sleep(ms);
  }
  if (kind === "hold-all") return holdAll(meant, ms);
  const lines = proxies.map((proxy) => proxy.lines()).find(({ length }) => length > 0) ?? [];
  const line = lines[Math.floor(pick * lines.length)];
  if (!line) return undefined;
  if (kind === "reset-all") for (const each of lines) each.reset();
  else trouble(line, kind, until, pick);
  return sleep(ms);
}

/** Nothing passes through the proxy for so long, also on new connections; then it comes late. */
export function holdAll(proxy: Proxy | undefined, ms: number): Promise<void> {
  if (!proxy) throw new Error("There is no such proxy");
  const until = Date.now() + ms;
  proxy.holdsUntil = until;
  for (const { up, down } of proxy.lines()) up.heldUntil = down.heldUntil = until;
  return sleep(ms);
}

function trouble({ up, down, reset }: Line, kind: LineFault["kind"], until: number, pick: number) {
  // The last digits of the number that chose the line.
  const fraction = (pick * 1000) % 1;
  switch (kind) {
    case "reset":
      return reset();
    case "cut":
      return Object.assign(down, { cutsNext: fraction < 0.5 ? "reset" : "end" });
    case "hold":
      return [up, down].map((way) => Object.assign(way, { heldUntil: until }));
    case "stall-down":
      return Object.assign(down, { heldUntil: until });
    case "stall-up":
      return Object.assign(up, { heldUntil: until });
    case "delay": {
      const late = { lateBy: 20 + 300 * fraction, lateUntil: until };
      return [up, down].map((way) => Object.assign(way, late));
    }
    case "slice":
      return [up, down].map((way) => Object.assign(way, { slicedUntil: until }));
    case "throttle": {
      const bytesPerSecond = 300 + 3000 * fraction;
      return Object.assign(down, { bytesPerSecond, throttledUntil: until });
    }
    default:
      throw new Error(`${kind} doesn't strike a single connection`);
  }
}
