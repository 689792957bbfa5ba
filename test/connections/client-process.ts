// A process full of clients. Usage: node client-process.ts <ClientPlan as JSON>, with an IPC channel
import { setTimeout as delay } from "node:timers/promises";
import { watchFrames } from "../support/record/watch-frames.ts";
import { openClient, type HeldClient } from "./client.ts";
import type { ClientMessage, ClientPlan, StreamedAnswer } from "./messages.ts";

/** Handshakes under way at a time. */
const openingWidth = 20;
/** Streams begin spread over so long, so that their answers don't all begin and end together. */
const spreadMs = 5000;

watchFrames("test/connections/client-process.ts");
const plan: ClientPlan = JSON.parse(process.argv[2] ?? "");
const stop = new AbortController();
const idle: HeldClient[] = [];
const streaming: HeldClient[] = [];
const answers: StreamedAnswer[] = [];

process.on("message", () => stop.abort()); // there is only one: stopMessage
process.on("disconnect", () => process.exit(1)); // whoever started us is gone

function tell(message: ClientMessage): void {
  process.send?.(message);
}

function fault(text: string): void {
  tell({ type: "fault", text });
}

async function openAll(count: number, onto: HeldClient[]): Promise<void> {
  let left = count;
  const open = async (): Promise<void> => {
    while (left > 0 && !stop.signal.aborted) {
      left -= 1;
      onto.push(await openClient(plan, fault));
    }
  };
  await Promise.all(Array.from({ length: openingWidth }, open));
}

async function stream(client: HeldClient, index: number): Promise<void> {
  const wait = (spreadMs * index) / plan.streaming;
  await delay(wait, undefined, stop).catch(() => "It is to end before it began");
  for (let count = 1; !stop.signal.aborted; count += 1)
    answers.push(await client.ask(`Question ${count} of stream ${index + 1}`));
}

async function hold(): Promise<void> {
  await openAll(plan.idle, idle);
  await openAll(plan.streaming, streaming);
  tell({ type: "opened" });
  const stopped = new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
  const streams = streaming.map((client, index) =>
    stream(client, index).catch((error: Error) => fault(`a stream: ${error.message}`)),
  );
  if (!stop.signal.aborted) await stopped;
  await Promise.all(streams);
  const chunks = streaming.reduce((sum, client) => sum + client.chunks, 0);
  const fewestPings = idle.length > 0 ? Math.min(...idle.map(({ pings }) => pings)) : 0;
  await Promise.all([...idle, ...streaming].map((client) => client.close()));
  const summary = { answers, chunks, fewestPings };
  const ended: ClientMessage = { type: "ended", summary };
  await new Promise((resolve) => process.send?.(ended, undefined, undefined, resolve));
}

await hold().catch((error: Error) => fault(`the clients failed: ${error.message}`));
process.removeAllListeners("disconnect");
process.disconnect();
