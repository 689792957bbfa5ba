import type { DoorName, ReaderPlan } from "./conversation-plan.ts";
import type { FindingKind } from "./finding.ts";
import { watchLine, type LineWatch } from "./line-watch.ts";
import type { Random } from "./random.ts";
import { createReading, type ReadingOptions } from "./reading.ts";
import { rest } from "./rest.ts";
import type { Arrival, TurnRecord } from "./turn-record.ts";
import type { AcceptedTurn, Departure, Doors, Errand } from "./visit.ts";

export interface ReaderOptions extends Pick<ReadingOptions, "scope" | "turns" | "mayGrow"> {
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
  const { random, onFinding, question } = options;
  const log: string[] = [];
  const absences = [...options.absences];
  let absence: ReaderPlan["absences"][number] | undefined;
  /** That was made for the question. */
  let chatId = question?.chatId;
  let [visits, events] = [0, 0];
  let leaving = new AbortController();
  let line: LineWatch | undefined;

  const note = (text: string) => {
    if (log.length < longestLog) log.push(`${new Date().toISOString()} ${text}`);
  };
  const find = (kind: FindingKind, text: string) => {
    note(`!! ${kind}: ${text}`);
    onFinding(kind, text);
  };
  const reading = createReading({ ...options, note, find });

  function take(arrival: Arrival): void {
    if (!reading.take(arrival)) return;
    events += 1;
    if (absences[0] && events >= absences[0].afterEvents) {
      absence = absences.shift();
      leaving.abort();
    }
    if (reading.isDone()) setTimeout(() => leaving.abort(), lingerMs);
  }

  function accept(turn: AcceptedTurn): void {
    const [known] = options.turns();
    if (!known) note(`accepted as ${turn.messageId} in ${turn.chatId}`);
    else if (known.messageId !== turn.messageId)
      find("duplicated", `asked again, ${known.messageId} became ${turn.messageId}`);
    options.onAccepted(turn);
  }

  /** What is waited for without reason, if anything. */
  function findHang(since: number): string | undefined {
    const turn = reading.awaited();
    const endedAt = turn && options.endedAt(turn.messageId);
    if (turn && endedAt === undefined) return undefined;
    if (!turn && !question) return undefined;
    const isLong = Date.now() - Math.max(since, endedAt ?? 0) >= hangMs;
    if (!isLong) return undefined;
    return turn ? `${turn.messageId} has ended long ago` : "no answer to the question";
  }

  async function visit(errand: Errand): Promise<Departure> {
    leaving = new AbortController();
    const origin = (visits === 0 && options.firstOrigin) || random.pick(options.origins);
    visits += 1;
    note(`visits ${origin} to ${errand.type} ${"place" in errand ? errand.place : ""}`);
    const own = watchLine(findHang, (text) => {
      find("hung", text);
      leaving.abort();
    });
    line = own;
    try {
      return await options.doors[options.door]({
        origin,
        tenantId: options.tenantId,
        errand,
        onOpen: own.open,
        onChat: (made) => (chatId = made),
        onAccepted: accept,
        onArrival: take,
        isDone: reading.isDone,
        leave: AbortSignal.any([leaving.signal, options.over]),
      });
    } finally {
      own.close();
    }
  }

  async function run(): Promise<void> {
    let refusals = 0;
    while (!reading.isDone()) {
      if (options.over.aborted) return find("hung", "not at the end when the run was given up");
      const errand = reading.goOn() ?? (question && { ...question, chatId });
      if (!errand) return;
      const departure = await visit(errand);
      note(`departs: ${departure.type} ${"why" in departure ? departure.why : ""}`);
      if (departure.type === "cut") find("silently cut", departure.why);
      if (departure.type === "refused") {
        find("unexpected errors", departure.why);
        refusals += 1;
        if (refusals >= mostRefusals) return;
      }
      if (reading.isDone()) return;
      await rest(absence?.ms ?? random.integer(100, 800), options.over);
      absence = undefined;
    }
  }

  return {
    name: options.name,
    door: options.door,
    records: reading.records,
    log,
    get returns() {
      return Math.max(0, visits - 1);
    },
    stall(ms, isSlow) {
      const hasBegun = line?.stall(ms, isSlow) ?? false;
      if (hasBegun) note(`stalls for ${ms} ms`);
      return hasBegun;
    },
    run,
  };
}
