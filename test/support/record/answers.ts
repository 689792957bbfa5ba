import type { Server } from "node:http";
import type { Socket } from "node:net";
import { gunzipSync } from "node:zlib";
import type { Fetch } from "../../../api/http.ts";
import { createFrameReader } from "./frames.ts";

/** Takes an answer that tells of an error, as one line. */
export type NoteAnswer = (text: string) => void;

/** Notes refusals, and the errors in answers of GraphQL and in event streams. */
export function watchFetch(fetch: Fetch, note: NoteAnswer): Fetch {
  const watched = watchRefusals(fetch, note);
  return async (request, info) => {
    const response = await watched(request, info);
    const type = response.headers.get("content-type") ?? "";
    return type.startsWith("text/event-stream") ? watchStream(response, note) : response;
  };
}

/** The same, and leaves streams as they are. */
export function watchRefusals(fetch: Fetch, note: NoteAnswer): Fetch {
  return async (request, info) => {
    const response = await fetch(request, info);
    const type = response.headers.get("content-type") ?? "";
    const isGraphql = /^application\/(?:graphql-response\+)?json/.test(type);
    const isOfGraphql = isGraphql && new URL(request.url).pathname.startsWith("/graphql");
    if (response.status >= 400 || isOfGraphql) {
      const text = await readText(response.clone());
      if (response.status >= 400) note(text);
      else noteGraphqlErrors(text, note);
    }
    return response;
  };
}

async function readText(response: Response): Promise<string> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const isZipped = response.headers.get("content-encoding") === "gzip";
  return (isZipped ? gunzipSync(bytes) : bytes).toString();
}

function noteGraphqlErrors(text: string, note: NoteAnswer): void {
  const result: unknown = text === "" ? null : JSON.parse(text);
  if (typeof result !== "object" || result === null || !("errors" in result)) return;
  note(JSON.stringify(result.errors));
}

/** Passes the stream on as it is read, never ahead of its reader. */
function watchStream(response: Response, note: NoteAnswer): Response {
  const reader = response.body?.getReader();
  if (!reader) return response;
  const decoder = new TextDecoder();
  let rest = "";
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) noteEvent(line, note);
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const { status, headers } = response;
  return new Response(body, { status, headers });
}

/** An event of REST or of GraphQL that tells of an error. */
function noteEvent(line: string, note: NoteAnswer): void {
  if (!line.startsWith("data: {")) return;
  noteFrame(line.slice("data: ".length), note);
}

/** A frame of any door: errors have that type, or stand in a result. */
function noteFrame(text: string, note: NoteAnswer): void {
  if (!/"type":"(?:error|rate_limit_exceeded)"|"errors":/.test(text)) return;
  const frame = JSON.parse(text);
  if (["error", "rate_limit_exceeded"].includes(frame.type)) note(text);
  else if (frame.errors ?? frame.payload?.errors)
    note(JSON.stringify(frame.errors ?? frame.payload.errors));
}

/** Notes what is refused on bare connections, and what goes wrong over WebSockets. */
export function watchServer(server: Server, note: NoteAnswer): void {
  server.on("connection", (socket) => watchSocket(socket, note));
}

function watchSocket(socket: Socket, note: NoteAnswer): void {
  const frames = createFrameReader((text) => {
    if (text.startsWith("{")) noteFrame(text, note);
    else if (text !== "") note(text);
  });
  let isUpgraded = false;

  function look(chunk: unknown): void {
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) return;
    const bytes = Buffer.from(chunk);
    if (isUpgraded) return frames.feed(bytes);
    const start = bytes.subarray(0, 16 * 1024).toString();
    if (start.startsWith("HTTP/1.1 101 ")) {
      isUpgraded = true;
      frames.feed(bytes.subarray(bytes.indexOf("\r\n\r\n") + 4));
    } else if (/^HTTP\/1\.1 [45]/.test(start)) note(JSON.stringify(start));
  }

  for (const name of ["write", "end"] as const) {
    const original = socket[name];
    Object.assign(socket, {
      [name](...args: unknown[]): unknown {
        look(args[0]);
        return Reflect.apply(original, socket, args);
      },
    });
  }
}
