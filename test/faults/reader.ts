import { setTimeout as sleep } from "node:timers/promises";
import type { DoorName, ReaderPlan } from "./conversation-plan.ts";
import type { FindingKind } from "./finding.ts";
import type { Random } from "./random.ts";
import { rest } from "./rest.ts";
import { createTurnRecord, type Arrival, type TurnRecord } from "./turn-record.ts";
import type { AcceptedTurn, Departure, Doors, Errand, Throttle } from "./visit.ts";

export interface ReaderOptions {
  readonly name: string;
  readonly tenantId: string;
  readonly door: DoorName;
  readonly doors: Doors;
  /** Of the servers; one of them is taken for each visit. */
  readonly origins: readonly string[];
  /** Where the first visit goes; undefined: to any of them. */
  readonly firstOrigin: string | undefined;
  readonly random: Random;
  readonly absences: ReaderPlan["absences"];
  /** The question to ask; undefined for one who reads only. */
  readonly question: Extract<Errand, { type: "ask" }> | undefined;
  readonly scope: ReaderPlan["scope"];
  /** The turns that it is to see to their ends, in order, as far as they are known. */
  readonly turns: () => readonly AcceptedTurn[];
  /** Whether there may be more of them. */
  readonly mayGrow: () => boolean;
  readonly onAccepted: (turn: AcceptedTurn) => void;
  /** When the turn was seen to have ended in the database; milliseconds since the epoch. */
  readonly endedAt: (messageId: string) => number | undefined;
  readonly onFinding: (kind: FindingKind, text: string) => void;
  /** Aborts when the run is given up. */
  readonly over: AbortSignal;
}

/** A client that wants every event of its turns, once and in order, whatever happens to its lines. */
export interface Reader {
  readonly name: string;
  readonly door: DoorName;
  readonly records: ReadonlyMap<string, TurnRecord>;
  /** What happened to it, a line each, with the time. */
  readonly log: readonly string[];
  /** How often it came back. */
  readonly returns: number;
  /** Takes nothing for so long; with `isSlow` a little now and then. False while it has no line. */
  stall(ms: number, isSlow: boolean): boolean;
  /** Resolves when it has all, or has given up. */
  run(): Promise<void>;
}

/** After its end a turn is read on for so long: nothing more may come. */
const lingerMs = 700;
/** The end of a turn must reach a reader with an open line in that time after it was stored. */
const hangMs = 25_000;
const longestLog = 500;
/** Errors that no client should see, after which one gives up. */
const mostRefusals = 5;

export function createReader(options: ReaderOptions): Reader {
  const { random, scope, onFinding } = options;
  const records = new Map<string, TurnRecord>();
  const log: string[] = [];
  let chatId = options.question?.chatId;
  let lastMessage: string | undefined;
  let returns = 0;
  let events = 0;
  let visits = 0;
  let throttle: Throttle | undefined;
  let stalledUntil = 0;
  let leaving = new AbortController();
  let absence: ReaderPlan["absences"][number] | undefined;
  const absences = [...options.absences];

  const note = (text: string) => {
    if (log.length < longestLog) log.push(`${new Date().toISOString()} ${text}`);
  };
  const find = (kind: FindingKind, text: string) => {
    note(`!! ${kind}: ${text}`);
    onFinding(kind, text);
  };
  const awaited = () => options.turns().find(({ messageId }) => !records.get(messageId)?.ending);
  const isDone = () => !options.mayGrow() && awaited() === undefined;

  function take(arrival: Arrival): void {
    const { messageId, type, attempt, cursor } = arrival;
    const isMine = scope === "chat" || options.turns().some((turn) => turn.messageId === messageId);
    if (!isMine) return;
    const size = arrival.type === "chunk" ? ` at ${arrival.offset} +${arrival.content.length}` : "";
    note(`${messageId} ${type} ${attempt} ${cursor}${size}`);
    const before = lastMessage === undefined ? undefined : records.get(lastMessage);
    if (lastMessage !== messageId && before && !before.ending)
      find("reordered", `${messageId} begins before ${lastMessage} has ended`);
    lastMessage = messageId;
    const record = records.get(messageId) ?? createTurnRecord();
    records.set(messageId, record);
    const wrong = record.take(arrival);
    if (wrong) find(wrong.kind, `${messageId}: ${wrong.text}`);
    events += 1;
    if (absences[0] && events >= absences[0].afterEvents) {
      absence = absences.shift();
      leaving.abort();
    }
    if (isDone()) setTimeout(() => leaving.abort(), lingerMs);
  }

  function chooseErrand(): Errand | undefined {
    const turns = options.turns();
    if (scope === "chat") {
      const [first] = turns;
      if (!first) return undefined;
      const cursor = lastMessage && records.get(lastMessage)?.cursor;
      const place = cursor ? `${lastMessage}/${cursor}` : first.messageId;
      return { type: "chat", chatId: first.chatId, place };
    }
    const [turn] = turns;
    if (turn) return { type: "turn", ...turn, cursor: records.get(turn.messageId)?.cursor };
    return options.question && { ...options.question, chatId };
  }

  /** Leaves a line on which the awaited end doesn't come. */
  function watchForHang(since: number): NodeJS.Timeout {
    return setInterval(() => {
      const turn = awaited();
      const endedAt = turn ? options.endedAt(turn.messageId) : undefined;
      const isAsking = !turn && options.question !== undefined;
      if (endedAt === undefined && !isAsking) return;
      if (Date.now() - Math.max(since, stalledUntil, endedAt ?? 0) < hangMs) return;
      find("hung", turn ? `${turn.messageId} has ended long ago` : "no answer to the question");
      leaving.abort();
    }, 1000);
  }

  async function visit(errand: Errand): Promise<Departure> {
    leaving = new AbortController();
    const origin = (visits === 0 && options.firstOrigin) || random.pick(options.origins);
    visits += 1;
    note(`visits ${origin} to ${errand.type} ${"place" in errand ? errand.place : ""}`);
    const timer = watchForHang(Date.now());
    try {
      return await options.doors[options.door]({
        origin,
        tenantId: options.tenantId,
        errand,
        onOpen: (opened) => (throttle = opened),
        onChat: (made) => (chatId = made),
        onAccepted(turn) {
          const [known] = options.turns();
          if (!known) note(`accepted as ${turn.messageId} in ${turn.chatId}`);
          else if (known.messageId !== turn.messageId)
            find("duplicated", `asked again, ${known.messageId} became ${turn.messageId}`);
          options.onAccepted(turn);
        },
        onArrival: take,
        isDone,
        leave: AbortSignal.any([leaving.signal, options.over]),
      });
    } finally {
      clearInterval(timer);
      throttle = undefined;
    }
  }

  async function run(): Promise<void> {
    let refusals = 0;
    while (!isDone()) {
      if (options.over.aborted) return find("hung", "not at the end when the run was given up");
      const errand = chooseErrand();
      if (!errand) return;
      const departure = await visit(errand);
      note(`departs: ${departure.type} ${"why" in departure ? departure.why : ""}`);
      if (departure.type === "cut") find("silently cut", departure.why);
      if (departure.type === "refused") {
        find("unexpected errors", departure.why);
        refusals += 1;
        if (refusals >= mostRefusals) return;
      }
      if (isDone()) return;
      returns += 1;
      await rest(absence?.ms ?? random.integer(100, 800), options.over);
      absence = undefined;
    }
  }

  async function keepStalling(line: Throttle, ms: number, isSlow: boolean): Promise<void> {
    const until = Date.now() + ms;
    do {
      line.pause();
      await sleep(isSlow ? 250 : ms);
      line.resume();
      if (isSlow) await sleep(10);
    } while (Date.now() < until && throttle === line);
  }

  return {
    name: options.name,
    door: options.door,
    records,
    log,
    get returns() {
      return returns;
    },
    stall(ms, isSlow) {
      if (!throttle) return false;
      note(`stalls for ${ms} ms`);
      stalledUntil = Date.now() + ms;
      void keepStalling(throttle, ms, isSlow);
      return true;
    },
    run,
  };
}
