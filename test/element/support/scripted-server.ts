import { parseCursor, type Cursor } from "../../../api/core/turns/cursor.ts";
import { nextEvent, turnFrame } from "../../../api/core/turns/turn-event.ts";
import type { ClientFrame, ServerFrame } from "../../../api/ws/protocol.ts";
import { reconnectFrame } from "../../../api/core/restart.ts";
import type { ManualClock } from "../../support/clock.ts";
import { restError, type FakeRest } from "./fake-rest.ts";
import type { FakeServer, FakeSocket } from "./fake-server.ts";
import { greeting, processing, rateLimit, refusal } from "./frames.ts";
import { createScriptedTurns, type ScriptedTurn, type ScriptedTurns } from "./scripted-turns.ts";

/** Milliseconds that a frame takes, each way. */
const latency = 20;
/** Milliseconds between two pieces of an answer. */
const pace = 100;

/** A server that keeps turns and serves them from any cursor, and every fault that a test wants of it. */
export interface ScriptedServer extends Pick<ScriptedTurns, "all" | "history"> {
  /** What happens to the next frames of that kind; each counts down. */
  readonly next: {
    /** Questions refused with SERVICE_UNAVAILABLE, unsaved. */
    refused: number;
    /** The same, but saved: the process died between saving and replying. */
    unconfirmed: number;
    limited: number;
    /** Frames that vanish on a line that stands. */
    swallowed: number;
  };
  /** How new connections are met. */
  door: "open" | "restarting" | "overloaded" | "down";
  /** Ends the connections of that client, or all. */
  cut(code: number, client?: string): void;
  /** Nothing passes on the connections of that client, or any, and nobody is told. */
  freeze(client?: string): void;
  /** The connections stand, and bring nothing more of any answer. */
  forget(): void;
  /** What readers have got of their answers comes again from some earlier place on, with what is new. */
  replay(): void;
  /** In good order: everybody is told to come back, and what runs is handed over. */
  restart(): void;
  /** Without a word. */
  crash(): void;
}

interface Line {
  readonly socket: FakeSocket;
  readonly client: string;
  isFrozen: boolean;
  readonly readers: Map<string, Cursor | undefined>;
}

export function playServer(
  { server, rest, clock }: { server: FakeServer; rest: FakeRest; clock: ManualClock },
  random: () => number,
): ScriptedServer {
  const turns = createScriptedTurns(random);
  const lines = new Set<Line>();
  const next = { refused: 0, unconfirmed: 0, limited: 0, swallowed: 0 };
  const isHit = (kind: keyof typeof next) => next[kind] > 0 && (next[kind] -= 1) >= 0;
  const isOpen = (line: Line) => !line.isFrozen && line.socket.readyState < 2;

  function send(line: Line, frame: ServerFrame): void {
    clock.after(latency, () => {
      if (isOpen(line)) line.socket.push(frame);
    });
  }

  function close(line: Line, code: number): void {
    lines.delete(line);
    clock.after(latency, () => {
      if (isOpen(line)) line.socket.drop(code);
    });
  }

  function accept(socket: FakeSocket): void {
    const client = socket.url.searchParams.get("client_id") ?? "";
    const line: Line = { socket, client, isFrozen: false, readers: new Map() };
    clock.after(latency, () => meet(line));
  }

  function meet(line: Line): void {
    if (played.door === "restarting") send(line, reconnectFrame);
    if (played.door === "restarting") return close(line, 1012);
    if (played.door === "overloaded")
      send(line, refusal("SERVICE_UNAVAILABLE", { retry_after: 1 }));
    if (played.door === "overloaded") return close(line, 1013);
    if (played.door === "down") return close(line, 1006);
    lines.add(line);
    line.socket.onFrame = (frame) =>
      clock.after(latency, () => {
        if (isOpen(line) && lines.has(line)) handle(line, frame);
      });
    send(line, greeting());
  }

  function handle(line: Line, frame: ClientFrame): void {
    if (frame.type === "ping") return send(line, { type: "pong", data: { timestamp: "" } });
    if (isHit("swallowed")) return;
    if (frame.type === "chat_message") return ask(line, frame.data);
    if (frame.type !== "resume" && frame.type !== "cancel") return;
    const { message_id } = frame.data;
    if (isHit("limited")) return send(line, rateLimit(2, { message_id }));
    const turn = turns.find(message_id);
    if (!turn) return send(line, refusal("MESSAGE_NOT_FOUND", { message_id }));
    if (frame.type === "cancel") return void (turn.isCancelled = true);
    follow(line, turn, frame.data.cursor ? parseCursor(frame.data.cursor) : undefined);
  }

  function ask(line: Line, data: Extract<ClientFrame, { type: "chat_message" }>["data"]): void {
    const client_message_id = data.client_message_id ?? "";
    const again = refusal("SERVICE_UNAVAILABLE", { client_message_id, retry_after: 1 });
    if (isHit("limited")) return send(line, rateLimit(2, { client_message_id }));
    if (isHit("refused")) return send(line, again);
    const turn = turns.save(client_message_id, data.message, data.chat_id ?? null);
    if (!turn) return send(line, refusal("CHAT_BUSY", { client_message_id, retry_after: 2 }));
    if (isHit("unconfirmed")) return send(line, again);
    const { chatId: chat_id, messageId: message_id, questionId: question_id } = turn;
    send(line, processing(client_message_id, { chat_id, message_id, question_id }));
    follow(line, turn, undefined);
  }

  function follow(line: Line, turn: ScriptedTurn, after: Cursor | undefined): void {
    line.readers.set(turn.messageId, after);
    pump(line, turn);
  }

  function pump(line: Line, turn: ScriptedTurn): void {
    while (line.readers.has(turn.messageId)) {
      const event = nextEvent(turn.view, line.readers.get(turn.messageId));
      if (!event) return;
      send(line, turnFrame(turn, event, 0));
      if (event.type === "end") line.readers.delete(turn.messageId);
      else line.readers.set(turn.messageId, event.cursor);
    }
  }

  function beat(): void {
    for (const turn of turns.grow()) for (const line of lines) pump(line, turn);
    clock.after(pace, beat);
  }

  const linesOf = (client: string | undefined) =>
    [...lines].filter((line) => client === undefined || line.client === client);
  const played: ScriptedServer = {
    all: turns.all,
    history: turns.history,
    next,
    door: "open",
    cut: (code, client) => linesOf(client).forEach((line) => close(line, code)),
    freeze: (client) => linesOf(client).forEach((line) => (line.isFrozen = true)),
    forget: () => lines.forEach(({ readers }) => readers.clear()),
    replay() {
      for (const { readers } of lines)
        for (const [messageId, after] of readers)
          if (after) readers.set(messageId, { ...after, rank: Math.floor(random() * after.rank) });
    },
    restart() {
      for (const line of lines) send(line, reconnectFrame);
      played.cut(1012);
      turns.takeOver();
    },
    crash() {
      played.cut(1006);
      turns.takeOver();
    },
  };
  server.onOpen = accept;
  rest.intercept = ({ path }) => {
    if (played.door === "down") throw new TypeError("Failed to fetch");
    if (played.door !== "open")
      return restError(503, "SERVICE_UNAVAILABLE", { "Retry-After": "1" });
    const [, chatId = ""] = path.split("/").filter(Boolean);
    return Response.json({ items: turns.history(chatId), next: null });
  };
  beat();
  return played;
}
