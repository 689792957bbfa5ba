import { fork } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeTestFolder } from "../support/test-folder.ts";
import { openWs, type WsClient } from "../support/ws-client.ts";
import type { SseEvent } from "../rest/sse.ts";
import type { Command } from "./stalled-server.ts";

/** A reader of server-sent events, which takes nothing until it is told to. */
export interface SseReading {
  /** Every whole event, to the end of the stream or to the end of the turn; then the connection is closed. */
  take(): Promise<SseEvent[]>;
}

/** stalled-server.ts as a process of its own. The buffers of its connections take little: they are no TCP. */
export async function startStalledServer() {
  const folder = await makeTestFolder("stalled");
  const socketPath = join(folder, "socket");
  const child = fork(join(import.meta.dirname, "stalled-server.ts"), [socketPath], {
    execArgv: ["--expose-gc"],
  });
  await once(child, "message");

  return {
    async command(what: Command): Promise<number> {
      const answered = once(child, "message");
      child.send(what);
      const [answer] = await answered;
      return Number(answer);
    },
    async connect(): Promise<WsClient> {
      const client = await openWs(`ws+unix:${socketPath}:/ws`, { tenant_id: "demo" });
      await client.next();
      return client;
    },
    /** Follows the chat behind a place. */
    async follow(chatId: string, place: string): Promise<SseReading> {
      const path = `/api/v1/chat/${chatId}/events`;
      const headers = { "X-Tenant-ID": "demo", "Last-Event-ID": place };
      const request = get({ socketPath, path, headers, agent: false });
      const [response] = await once(request, "response");
      return { take: () => takeEvents(response) };
    },
    async close(): Promise<void> {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function takeEvents(response: AsyncIterable<Buffer>): Promise<SseEvent[]> {
  const parts: Buffer[] = [];
  try {
    for await (const part of response) {
      parts.push(part);
      if (part.includes('"type":"response_complete"')) break;
    }
  } catch (error) {
    // What the server cuts off ends so.
    if (!(error instanceof Error && error.message === "aborted")) throw error;
  }
  const blocks = Buffer.concat(parts).toString().split("\n\n").slice(0, -1);
  return blocks.flatMap((block) => {
    const [, id, event, json] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
    return event && json ? [{ id, event, frame: JSON.parse(json) }] : [];
  });
}
