import { WebSocket } from "ws";
import type { FrameChecks } from "../frames/checks.ts";
import { recordFolder } from "./folder.ts";
import { noteFrameCount, noteFrameFault } from "./frame-faults.ts";

type Sender = "client" | "server";

/** Frames that came before what checks them was loaded. */
let waiting: (readonly [Sender, string])[] = [];
let loading: Promise<FrameChecks> | undefined;
let checks: FrameChecks | undefined;
let count = 0;
let place = "";

const mark = Symbol.for("miptech.watched-frames");

/**
 * Holds every text that goes over a raw WebSocket of this process against `/asyncapi.json`, sent or received, at
 * either end: all that a server sends, and of a client what the server's parser takes. Faults are noted for the end of
 * the run. Does nothing where no run is recorded.
 * @param seenIn the test file or the program, for people.
 */
export function watchFrames(seenIn: string): void {
  place = seenIn;
  const { prototype } = WebSocket;
  if (recordFolder() === undefined || mark in prototype) return;
  const { send, emit } = prototype;
  const parts = new WeakMap<WebSocket, Buffer[]>();
  Object.assign(prototype, {
    [mark]: true,
    send(this: WebSocket, data: unknown, ...rest: unknown[]) {
      const [options] = rest;
      const { fin = true, binary = false } = isOptions(options) ? options : {};
      const isText = typeof data === "string" || (!binary && isOptions(options));
      if (this.readyState === WebSocket.OPEN && isText) {
        const all = [...(parts.get(this) ?? []), Buffer.from(data as string | Uint8Array)];
        parts.set(this, fin ? [] : all);
        if (fin) note(this, isServers(this) ? "server" : "client", Buffer.concat(all).toString());
      }
      return Reflect.apply(send, this, [data, ...rest]);
    },
    emit(this: WebSocket, event: string, ...args: unknown[]) {
      const [data, isBinary] = args;
      if (event === "message" && isBinary === false)
        note(this, isServers(this) ? "client" : "server", String(data));
      return Reflect.apply(emit, this, [event, ...args]);
    },
  });
  // In processes of their own; a test file waits for `framesChecked`.
  process.on("exit", () => settle());
}

/** Resolves when all frames until now were checked, and noted. */
export async function framesChecked(): Promise<void> {
  await loading;
  settle();
}

function settle(): void {
  if (checks) for (const [from, text] of waiting.splice(0)) check(from, text);
  noteFrameCount(count);
  count = 0;
}

function note({ protocol }: WebSocket, from: Sender, text: string): void {
  // The others are GraphQL's.
  if (protocol !== "" && protocol !== "miptech.v1") return;
  if (checks) return check(from, text);
  waiting.push([from, text]);
  loading ??= import("../frames/checks.ts").then(({ createFrameChecks }) => {
    checks = createFrameChecks();
    settle();
    return checks;
  });
}

function check(from: Sender, text: string): void {
  const fault = checks?.[from](text);
  if (fault === "refused") return;
  count += 1;
  if (fault !== undefined) noteFrameFault({ from, fault, seenIn: place });
}

function isOptions(value: unknown): value is { fin?: boolean; binary?: boolean } {
  return typeof value === "object" && value !== null;
}

/** A server's end has no address of its own. */
function isServers({ url }: WebSocket): boolean {
  return !url;
}
