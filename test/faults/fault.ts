/** What a fault strikes: a connection between a client and a server, a client itself, or a server. */
export type FaultArea = "line" | "reader" | "redis" | "postgres" | "process";

interface FaultKindRow {
  readonly area: FaultArea;
  /** How often it is drawn, beside the others. */
  readonly weight: number;
  /** How long it may last, in milliseconds. */
  readonly ms: readonly [least: number, most: number];
  readonly about: string;
}

/** The lease of a process; a shorter freeze must go unnoticed, a longer one is taken for its death. */
export const leaseMs = 2000;

const rows = {
  reset: { area: "line", weight: 110, ms: [0, 0], about: "RST on both sides of a connection" },
  "reset-all": { area: "line", weight: 20, ms: [0, 0], about: "RST on all connections" },
  cut: { area: "line", weight: 90, ms: [0, 0], about: "cut in the middle of what comes next" },
  hold: { area: "line", weight: 60, ms: [300, 8000], about: "nothing passes, either way" },
  "hold-all": { area: "line", weight: 12, ms: [300, 4000], about: "nothing passes anywhere" },
  "stall-down": { area: "line", weight: 50, ms: [300, 7000], about: "nothing passes to a client" },
  "stall-up": { area: "line", weight: 40, ms: [300, 7000], about: "nothing passes to the server" },
  delay: { area: "line", weight: 60, ms: [500, 6000], about: "everything comes late" },
  slice: { area: "line", weight: 60, ms: [500, 3000], about: "everything comes in tiny pieces" },
  throttle: { area: "line", weight: 50, ms: [500, 6000], about: "a few bytes at a time" },
  refuse: { area: "line", weight: 25, ms: [200, 2500], about: "new connections are refused" },
  "stalled-reader": { area: "reader", weight: 50, ms: [300, 8000], about: "a client rests" },
  "slow-reader": { area: "reader", weight: 40, ms: [1000, 6000], about: "a client reads slowly" },
  "redis-kill-normal": { area: "redis", weight: 50, ms: [0, 0], about: "CLIENT KILL TYPE normal" },
  "redis-kill-pubsub": { area: "redis", weight: 50, ms: [0, 0], about: "CLIENT KILL TYPE pubsub" },
  "redis-flush": { area: "redis", weight: 40, ms: [0, 0], about: "FLUSHALL" },
  "redis-flush-scripts": { area: "redis", weight: 8, ms: [0, 0], about: "SCRIPT FLUSH" },
  "redis-away": { area: "redis", weight: 25, ms: [300, 5000], about: "from one server" },
  "redis-freeze": { area: "redis", weight: 30, ms: [200, 5000], about: "SIGSTOP, SIGCONT" },
  "redis-crash": { area: "redis", weight: 25, ms: [0, 3000], about: "SIGKILL, started empty" },
  "postgres-one": { area: "postgres", weight: 60, ms: [0, 0], about: "terminate a backend" },
  "postgres-away": { area: "postgres", weight: 50, ms: [300, 6000], about: "from one server" },
  "postgres-freeze": { area: "postgres", weight: 20, ms: [300, 4000], about: "SIGSTOP backends" },
  "postgres-all": { area: "postgres", weight: 20, ms: [0, 0], about: "terminate all backends" },
  "crash-all": { area: "process", weight: 10, ms: [0, 1500], about: "all servers at once" },
  crash: { area: "process", weight: 80, ms: [0, 2500], about: "SIGKILL, started again" },
  "short-freeze": { area: "process", weight: 20, ms: [200, 1500], about: "SIGSTOP < lease" },
  "long-freeze": { area: "process", weight: 60, ms: [2500, 6000], about: "SIGSTOP > lease" },
  restart: { area: "process", weight: 35, ms: [0, 1500], about: "SIGTERM, started again" },
} as const satisfies Record<string, FaultKindRow>;

export type FaultKind = keyof typeof rows;

export type KindOf<Area extends FaultArea> = {
  [Kind in FaultKind]: (typeof rows)[Kind]["area"] extends Area ? Kind : never;
}[FaultKind];

export const faultKinds: Readonly<Record<FaultKind, FaultKindRow>> = rows;

export const faultKindNames = Object.keys(rows) as readonly FaultKind[];

export interface Fault {
  /** Milliseconds since the faults began. */
  readonly at: number;
  readonly kind: FaultKind;
  /** The server process that is meant, or whose connections are, from 0. */
  readonly process: number;
  readonly ms: number;
  /** Which of the things that are there at that moment: 0 the first, just below 1 the last. */
  readonly pick: number;
}

/** A line for people: when, what, where, how long. */
export function describeFault({ at, kind, process, ms, pick }: Fault): string {
  const { area, about } = faultKinds[kind];
  const place =
    area === "line" || area === "process" || kind.endsWith("-away") ? ` at server ${process}` : "";
  const length = ms > 0 ? ` for ${ms} ms` : "";
  return `${(at / 1000).toFixed(2).padStart(7)} s  ${kind}${place}${length}, pick ${pick.toFixed(3)} (${about})`;
}
