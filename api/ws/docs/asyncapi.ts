import { clientFrames } from "../protocol/client-frames.ts";
import { serverFrames } from "../protocol/server-frames.ts";
import { documentedCloseCodes } from "./close-codes.ts";
import { documentFrame, type FrameDocument } from "./frame-schema.ts";
import { handshakeHeaders, handshakeQuery } from "./handshake-query.ts";

export interface RawDoorInfo {
  readonly version: string;
  /** The door's paths without their last slash, the one to be used first. */
  readonly paths: readonly string[];
}

/** What is to be told of the raw door. */
export interface RawDoorFrames {
  readonly client: readonly FrameDocument[];
  readonly server: readonly FrameDocument[];
}

export function documentFrames(): RawDoorFrames {
  return {
    client: clientFrames.map((frame) => documentFrame(frame, "input")),
    server: serverFrames.map((frame) => documentFrame(frame, "output")),
  };
}

const description = `Chats with an assistant that answers from a tenant's own documents, over a raw WebSocket.

Every frame is a JSON text \`{"type": …, "data": {…}}\`, a client's at most 64 KiB long. Fields and types that you don't know are to be
passed over: a later release may send more. The same turns can be started and followed over REST, see \`/openapi.json\`.`;

/** The AsyncAPI 3.0 document of the raw door: what the platform receives, and what it sends. */
export function describeRawDoor(
  { version, paths }: RawDoorInfo,
  { client, server }: RawDoorFrames = documentFrames(),
) {
  const all = [...client, ...server];
  const [main = ""] = paths;
  const names = paths.map((path) => [path, nameChannel(path)] as const);
  return {
    asyncapi: "3.0.0",
    info: { title: "MIPTech AI Platform: WebSocket", version, description },
    defaultContentType: "application/json",
    servers: { plain: serverOf("ws"), tls: serverOf("wss") },
    channels: Object.fromEntries(
      names.map(([path, name]) => [name, channelOf(path, path === main, all)]),
    ),
    operations: {
      ...Object.fromEntries(
        client.map((frame) => [`receive_${frame.name}`, receive(nameChannel(main), frame)]),
      ),
      ...Object.fromEntries(
        server.map((frame) => [`send_${frame.name}`, send(nameChannel(main), [frame])]),
      ),
      ...Object.fromEntries(
        names.slice(1).flatMap(([, name]) => [
          [`receive_at_${name}`, { ...send(name, client), action: "receive" }],
          [`send_at_${name}`, send(name, server)],
        ]),
      ),
    },
    components: {
      messages: Object.fromEntries(all.map((frame) => [frame.name, messageOf(frame)])),
      schemas: Object.assign({}, ...all.map(({ parts }) => parts)) as FrameDocument["parts"],
    },
  };
}

function serverOf(protocol: "ws" | "wss") {
  return {
    host: "{host}",
    protocol,
    description: protocol === "wss" ? "Behind a proxy that speaks TLS" : "As it comes",
    variables: { host: { default: "localhost:8000", description: "Where the platform listens" } },
  };
}

/** `/api/v1/ws/chat` is `api_v1_ws_chat`. */
function nameChannel(path: string): string {
  return path.replaceAll(/\W+/g, "_").replaceAll(/^_|_$/g, "");
}

function channelOf(path: string, isMain: boolean, frames: readonly FrameDocument[]) {
  return {
    address: path,
    title: path,
    description: isMain ? "The raw WebSocket" : "The same door at another path",
    messages: Object.fromEntries(
      frames.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }]),
    ),
    bindings: {
      ws: {
        method: "GET",
        query: handshakeQuery,
        headers: handshakeHeaders,
        bindingVersion: "0.1.0",
      },
    },
    "x-close-codes": documentedCloseCodes,
  };
}

function receive(channel: string, frame: FrameDocument) {
  const answers = frame.answers.map((name) => messageAt(channel, name));
  return {
    action: "receive",
    channel: { $ref: `#/channels/${channel}` },
    description: frame.description,
    messages: [messageAt(channel, frame.name)],
    ...(answers.length > 0
      ? { reply: { channel: { $ref: `#/channels/${channel}` }, messages: answers } }
      : {}),
  };
}

function send(channel: string, frames: readonly FrameDocument[]) {
  const [first] = frames;
  return {
    action: "send",
    channel: { $ref: `#/channels/${channel}` },
    ...(first && frames.length === 1 ? { description: first.description } : {}),
    messages: frames.map(({ name }) => messageAt(channel, name)),
  };
}

function messageAt(channel: string, name: string) {
  return { $ref: `#/channels/${channel}/messages/${name}` };
}

function messageOf({ name, title, description: text, payload, examples }: FrameDocument) {
  return {
    name,
    title,
    description: text,
    contentType: "application/json",
    payload,
    examples: examples.map((example) => ({ payload: example })),
  };
}
