import { formOf, hasOwnForm, type Asker, type Placement } from "../credential.ts";
import { isRecord } from "../surface/operation.ts";
import { parseLoosely, type Answer, type Exchange } from "./answer.ts";
import { requestOf, type Door } from "./door.ts";
import { describeEnd, followLine, openLine, type SocketLine } from "./socket-line.ts";

export interface FrameRequest {
  readonly type: "frame";
  readonly frame: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
}

export interface RawDoorOptions {
  /** Such as ws://localhost:8000. */
  readonly wsUrl: string;
  readonly apiPrefix: string;
  /** A ticket of that asker, asked for as they are entitled to. */
  readonly ticketOf: (asker: Asker) => Promise<string>;
}

/** How long an answer that is read may take after its frame was answered. */
const readMs = 15_000;
/** Frames after which the turn's events come. */
const reading = new Set(["chat_message", "resume", "regenerate", "edit"]);

/** The door of raw WebSocket frames. */
export function createRawDoor(options: RawDoorOptions): Door {
  return {
    name: "WebSocket",
    placementsOf(credential): readonly Placement[] {
      if (credential.kind === "none") return ["nowhere"];
      const own: Placement[] = hasOwnForm(credential) ? ["parameter"] : [];
      return ["token", ...own, "subprotocol", "auth frame", "ticket"];
    },
    async ask(asker, requests) {
      const { line, sent, refused } = await enter(options, asker);
      try {
        const exchanges: Exchange[] = [];
        for (const request of requests) {
          const { frame } = requestOf(request, "frame");
          const answer = refused ?? (await askFrame(line, frame));
          exchanges.push({ answer, sent: `${sent}\n${JSON.stringify(frame)}` });
        }
        return exchanges;
      } finally {
        await line.close();
      }
    },
    async read(asker, request) {
      const { line, sent, refused } = await enter(options, asker);
      const { frame } = requestOf(request, "frame");
      const from = line.messages.length;
      if (!refused) line.send(frame);
      const isEnd = (message: string) =>
        refused !== undefined || isOf("error", "response_complete")(message);
      return {
        ...followLine(line, refused ? 0 : from, isEnd),
        async close() {
          const answer = refused ?? describe(line.messages.slice(from));
          await line.close();
          return { answer, sent: `${sent}\n${JSON.stringify(frame)}` };
        },
      };
    },
  };
}

interface Entered {
  readonly line: SocketLine;
  readonly sent: string;
  /** Why nothing can be asked. */
  readonly refused: Answer | undefined;
}

async function enter(
  { wsUrl, apiPrefix, ticketOf }: RawDoorOptions,
  asker: Asker,
): Promise<Entered> {
  const { credential, tenantId, placement, origin } = asker;
  const { secret = "" } = credential;
  const form = formOf(credential);
  const ticket = placement === "ticket" ? await ticketOf(asker) : undefined;
  const query = new URLSearchParams({
    ...(tenantId === undefined ? {} : { tenant_id: tenantId }),
    ...(placement === "token" ? { token: secret } : {}),
    ...(placement === "parameter" ? { [form.parameter]: secret } : {}),
    ...(ticket === undefined ? {} : { ticket }),
  });
  const url = `${wsUrl}${apiPrefix}/ws/chat?${query.toString()}`;
  const protocols =
    placement === "subprotocol" ? ["miptech.v1", `${form.protocol}${secret}`] : ["miptech.v1"];
  const line = await openLine({
    url,
    protocols,
    headers: origin === undefined ? {} : { Origin: origin },
  });
  const sent = [url, ...protocols, secret].join("\n");
  const greeting = await line.find(0, isOf("connection_established"));
  if (greeting === undefined) return { line, sent, refused: refuse(describeEnd(line)) };
  if (placement !== "auth frame") return { line, sent, refused: undefined };
  line.send({ type: "auth", data: { token: secret } });
  const reply = await line.find(1, isOf("authenticated", "error", "rate_limit_exceeded"));
  const isIn = reply !== undefined && isOf("authenticated")(reply);
  return { line, sent, refused: isIn ? undefined : describe([reply ?? ""]) };
}

/**
 * Sends a frame, and a ping behind it: frames are answered one after another. A chat can be left by who follows it:
 * so whoever asks for that tries to follow it first.
 */
async function askFrame(line: SocketLine, frame: FrameRequest["frame"]): Promise<Answer> {
  const from = line.messages.length;
  if (frame.type === "unsubscribe") line.send({ type: "subscribe", data: frame.data });
  line.send(frame);
  line.send({ type: "ping" });
  const pongs = frame.type === "ping" ? 2 : 1;
  let seen = 0;
  await line.find(from, (message) => isOf("pong")(message) && ++seen === pongs);
  const isRefused = line.messages.slice(from).some(isOf("error", "rate_limit_exceeded"));
  if (!isRefused && reading.has(frame.type) && line.isOpen)
    await line.find(from, isOf("response_complete", "error"), readMs);
  return line.isOpen ? describe(line.messages.slice(from)) : refuse(describeEnd(line));
}

function describe(messages: readonly string[]): Answer {
  const frames = messages.map(parseLoosely).filter(isRecord);
  const error = frames.find(({ type }) => type === "error" || type === "rate_limit_exceeded");
  const data = isRecord(error?.data) ? error.data : {};
  const code = error ? String(data.error_code ?? error.type) : "no error";
  const ended = frames.some(({ type }) => type === "response_complete");
  return {
    outcome: error && !ended ? outcomeOf(code) : "done",
    code,
    text: messages.join("\n"),
    shape: frames.filter(({ type }) => type !== "pong" && type !== "response_chunk"),
  };
}

function refuse({ code, text }: { readonly code: string; readonly text: string }): Answer {
  return { outcome: outcomeOf(code), code, text, shape: { code } };
}

function outcomeOf(code: string): Answer["outcome"] {
  if (/rate_limit|RATE_LIMIT|QUOTA|TOO_MANY|CHAT_BUSY|4429/.test(code)) return "limited";
  return /INTERNAL_ERROR|PROCESSING_ERROR|SERVICE_UNAVAILABLE|close 1011|close 1013|close undefined|^50/.test(
    code,
  )
    ? "broken"
    : "refused";
}

function isOf(...types: string[]): (message: string) => boolean {
  return (message) => types.some((type) => message.startsWith(`{"type":"${type}"`));
}
