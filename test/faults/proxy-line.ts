import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What is wrong with one direction of a connection; times in milliseconds since the epoch. */
export interface Trouble {
  /** Nothing passes until then. */
  heldUntil: number;
  /** Each part comes that much later, until then. */
  lateBy: number;
  lateUntil: number;
  /** Parts of a few bytes, until then. */
  slicedUntil: number;
  /** At most so many bytes a second, until then. */
  bytesPerSecond: number;
  throttledUntil: number;
  /** The connection ends in the middle of the next part. */
  cutsNext: "reset" | "end" | undefined;
}

/** One connection from a client through the proxy to a server. */
export interface Line {
  readonly down: Trouble;
  readonly up: Trouble;
  /** RST to both sides. */
  reset(): void;
  readonly closed: Promise<void>;
}

export function noTrouble(): Trouble {
  return {
    heldUntil: 0,
    lateBy: 0,
    lateUntil: 0,
    slicedUntil: 0,
    bytesPerSecond: 0,
    throttledUntil: 0,
    cutsNext: undefined,
  };
}

/**
 * RST, where that is possible: of a socket that is on its way to its end Node would lose the handle,
 * and at its own end wait for it for ever.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** How often a held direction looks whether it may go on. */
const lookMs = 20;
const sliceBytes = 5;

/** @param heldUntil as both directions begin. */
export function joinSockets(client: Socket, server: Socket, heldUntil: number): Line {
  const [down, up] = [noTrouble(), noTrouble()];
  down.heldUntil = heldUntil;
  up.heldUntil = heldUntil;
  const over = new AbortController();

  function reset(): void {
    over.abort();
    resetSocket(client);
    resetSocket(server);
  }

  for (const socket of [client, server]) {
    socket.setNoDelay(true);
    socket.on("error", reset);
  }
  const closed = Promise.all([
    pump(client, server, up, over.signal, reset),
    pump(server, client, down, over.signal, reset),
  ]).then(() => {
    over.abort();
    client.destroy();
    server.destroy();
  });
  return { down, up, reset, closed };
}

/** Passes on what comes, in its order, and the end as an end. */
async function pump(
  from: Socket,
  to: Socket,
  trouble: Trouble,
  signal: AbortSignal,
  reset: () => void,
): Promise<void> {
  try {
    for await (const part of from as AsyncIterable<Buffer>) {
      await pass(part, to, trouble, signal, reset);
    }
    await waitWhileHeld(trouble, signal);
    to.end();
  } catch {
    // One side is gone. The other one is told in the same way.
    if (!signal.aborted) reset();
  }
}

async function pass(
  part: Buffer,
  to: Socket,
  trouble: Trouble,
  signal: AbortSignal,
  reset: () => void,
): Promise<void> {
  await waitWhileHeld(trouble, signal);
  if (trouble.lateUntil > Date.now()) await sleep(trouble.lateBy, undefined, { signal });
  if (trouble.cutsNext) {
    const half = part.subarray(0, Math.ceil(part.length / 2));
    const isReset = trouble.cutsNext === "reset";
    trouble.cutsNext = undefined;
    await new Promise<void>((resolve) => to.write(half, () => resolve()));
    if (isReset) return reset();
    to.destroy();
    throw new Error("Cut");
  }
  let rest = part;
  while (rest.length > 0) {
    const size = sizeOfNext(rest.length, trouble);
    const isRoom = to.write(rest.subarray(0, size));
    rest = rest.subarray(size);
    if (!isRoom) await once(to, "drain", { signal });
    if (trouble.throttledUntil > Date.now()) {
      await sleep((1000 * size) / trouble.bytesPerSecond, undefined, { signal });
    } else if (rest.length > 0) await sleep(0, undefined, { signal });
    await waitWhileHeld(trouble, signal);
  }
}

function sizeOfNext(length: number, { slicedUntil, throttledUntil, bytesPerSecond }: Trouble) {
  if (slicedUntil > Date.now()) return Math.min(length, sliceBytes);
  if (throttledUntil > Date.now()) return Math.min(length, Math.ceil(bytesPerSecond / 20));
  return length;
}

async function waitWhileHeld(trouble: Trouble, signal: AbortSignal): Promise<void> {
  while (trouble.heldUntil > Date.now()) await sleep(lookMs, undefined, { signal });
}
