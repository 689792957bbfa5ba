import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresAdmin } from "../support/postgres.ts";
import { drawConversation, type DoorName } from "./conversation-plan.ts";
import { holdConversation, type Conversation, type Stage } from "./conversation.ts";
import { describeFault, faultKinds, type Fault } from "./fault.ts";
import { drawFaults } from "./fault-plan.ts";
import type { Finding } from "./finding.ts";
import { visitByGraphqlSse } from "./graphql-sse-door.ts";
import { visitByGraphqlWs } from "./graphql-ws-door.ts";
import { injectFault, type InjectDeps } from "./inject.ts";
import { killProducers, type KillingOptions } from "./killing.ts";
import type { Reader } from "./reader.ts";
import type { FaultReport } from "./report.ts";
import { visitByRest } from "./rest-door.ts";
import type { StoredTurn } from "./stored-turns.ts";
import { watchTakeovers, type Takeover } from "./takeovers.ts";
import { judge } from "./verdict.ts";
import type { Doors } from "./visit.ts";
import { openWorld } from "./world.ts";
import { visitByWs } from "./ws-door.ts";

export interface FaultRunOptions {
  readonly seed: number;
  readonly faults: number;
  readonly processes: number;
  /** At least so many readings of an answer by a client; conversations go on until then. */
  readonly streams: number;
  /** Conversations at a time. */
  readonly lanes: number;
  /** In which the turns of a killed server must be taken over, after the end of its lease. */
  readonly takeoverMs: number;
  /** Afterwards: kills while nothing else goes wrong. */
  readonly killing: KillingOptions;
  /** The folder with api/ in it. */
  readonly build: string;
  /** A PostgreSQL that runs; without it one is started. */
  readonly postgres: PostgresAdmin | undefined;
  readonly say: (line: string) => void;
  /** Ends the run early. */
  readonly stop: AbortSignal;
}

const doors: Doors = {
  ws: visitByWs,
  rest: visitByRest,
  "graphql-ws": visitByGraphqlWs,
  "graphql-sse": visitByGraphqlSse,
};
/** After the last fault all must come to its end in that time. */
const afterwardsMs = 90_000;

/**
 * Lets clients talk to the servers while faults strike, and judges what became of it. Closes all that it
 * opens; logs stay where something was found.
 * @throws what stops it, and what keeps a server from starting.
 */
export async function runFaults(options: FaultRunOptions): Promise<FaultReport> {
  const { seed, processes, build, postgres, stop, say } = options;
  const findings: Finding[] = [];
  const onFinding = (finding: Finding) => void findings.push(finding);
  const onServerFailure = (text: string) =>
    onFinding({ kind: "servers that failed", who: "the world", text });
  await using opened = new AsyncDisposableStack();
  const world = await openWorld(opened, { processes, build, postgres, onServerFailure });
  let disturbedAt = 0;
  const takeovers = watchTakeovers({
    stored: world.stored,
    watch: world.watch,
    allowedMs: options.takeoverMs,
    isCalmSince: (time, victim) =>
      disturbedAt < time &&
      world.servers.some(({ index, isUp, upSince }) => index !== victim && isUp && upSince <= time),
  });
  const giveUp = new AbortController();
  const present = new Set<Reader>();
  const stage: Stage = {
    seed,
    origins: world.proxies.map(({ origin }) => origin),
    tenants: world.tenants,
    doors,
    model: world.model,
    watch: world.watch,
    present,
    onFinding,
    over: AbortSignal.any([giveUp.signal, stop]),
  };
  const onDatabaseFault = () => void (disturbedAt = Date.now());
  const onDeath = takeovers.noteDeath;
  const deps = { world, present, onDeath, onDatabaseFault, onServerFailure };
  const striking = strikeAll(deps, options);
  const talking = talkUntil(stage, options, striking);
  opened.defer(async () => {
    giveUp.abort();
    await Promise.allSettled([striking, talking]);
  });
  const struck = await striking;
  say("The faults are over; all has to come to its end");
  const killed = await killProducers(world, stage, takeovers, options.killing);
  const timer = setTimeout(() => giveUp.abort(), afterwardsMs);
  const conversations = [...(await talking), ...(await Promise.all(killed))];
  clearTimeout(timer);
  stop.throwIfAborted();
  await takeovers.settle();
  for (const server of world.servers) await server.stop();
  const stored = await world.stored.listAll();
  findings.push(
    ...judge({ conversations, stored, model: world.model, watch: world.watch }),
    ...findLate(takeovers.takeovers),
  );
  const { logs } = world;
  logs.isKept = findings.length > 0;
  if (logs.isKept) await writeLogs(logs.folder, findings, takeovers.takeovers, conversations);
  return {
    findings,
    ...struck,
    ...count(conversations, stored),
    takeovers: takeovers.takeovers,
    folder: logs.isKept ? logs.folder : undefined,
  };
}

interface StrikeDeps extends InjectDeps {
  readonly onDatabaseFault: () => void;
  readonly onServerFailure: (text: string) => void;
}

/** Strikes as planned; resolves when the last fault is over. */
async function strikeAll(
  deps: StrikeDeps,
  { seed, faults: count, processes, stop, say }: FaultRunOptions,
): Promise<Pick<FaultReport, "faults" | "missed">> {
  const log = join(deps.world.logs.folder, "faults.log");
  let missed = 0;

  async function strikeOne(fault: Fault): Promise<void> {
    const from = new Date().toISOString();
    const noteDatabase = () => {
      if (faultKinds[fault.kind].area === "postgres") deps.onDatabaseFault();
    };
    try {
      noteDatabase();
      const isStruck = await injectFault(deps, fault);
      noteDatabase();
      if (!isStruck) missed += 1;
      const to = new Date().toISOString();
      await appendFile(log, `${from} ${to} ${isStruck ? "" : "MISSED "}${describeFault(fault)}\n`);
    } catch (error) {
      if (!stop.aborted) deps.onServerFailure(`${describeFault(fault)}: ${String(error)}`);
    }
  }

  const began = Date.now();
  const running: Promise<void>[] = [];
  const plan = drawFaults(seed, count, processes);
  for (const fault of plan) {
    await sleep(Math.max(0, began + fault.at - Date.now()), undefined, { signal: stop });
    running.push(strikeOne(fault));
    if (running.length % 100 === 0) say(`${running.length} of ${count} faults`);
  }
  await Promise.all(running);
  return { faults: countBy(plan, ({ kind }) => kind), missed };
}

/** Holds conversations, some at a time, until `end`, and as many as there must be. */
async function talkUntil(
  stage: Stage,
  { seed, lanes, streams }: FaultRunOptions,
  end: Promise<unknown>,
): Promise<Conversation[]> {
  const held: Conversation[] = [];
  let next = 0;
  let isOver = false;
  const over = () => void (isOver = true);
  void end.then(over, over);
  const isEnough = () => readingsOf(held).length >= streams;

  async function talk(): Promise<void> {
    while ((!isOver || !isEnough()) && !stage.over.aborted) {
      const plan = drawConversation(seed, next++, stage.tenants.length);
      held.push(await holdConversation(stage, plan));
    }
  }

  await Promise.all(Array.from({ length: lanes }, talk));
  return held;
}

function findLate(takeovers: readonly Takeover[]): Finding[] {
  const late = takeovers.filter(({ isCalm, hasHappened }) => isCalm && !hasHappened);
  return late.map(({ messageId, ms, server }) => ({
    kind: "late takeovers",
    who: messageId,
    text: `still not taken over ${ms} ms after the lease of the killed server ${server}`,
  }));
}

function count(conversations: readonly Conversation[], stored: readonly StoredTurn[]) {
  const readers = conversations.flatMap((each) => each.readers);
  return {
    conversations: conversations.length,
    turns: stored.length,
    streams: countBy(readingsOf(conversations), (door) => door),
    takenOver: stored.filter(({ attempt }) => attempt > 1).length,
    failed: countBy(
      stored.flatMap(({ errorCode }) => errorCode ?? []),
      (code) => code,
    ),
    returns: readers.reduce((sum, { returns }) => sum + returns, 0),
  };
}

/** The door of each reading of one turn by one client. */
function readingsOf(conversations: readonly Conversation[]): DoorName[] {
  return conversations.flatMap(({ readers }) =>
    readers.flatMap(({ door, records }) => Array.from(records, () => door)),
  );
}

function countBy<Item, Name>(items: readonly Item[], nameOf: (item: Item) => Name) {
  const groups = Map.groupBy(items, nameOf);
  return new Map([...groups].map(([name, { length }]) => [name, length]));
}

async function writeLogs(
  folder: string,
  findings: readonly Finding[],
  takeovers: readonly Takeover[],
  conversations: readonly Conversation[],
): Promise<void> {
  const taken = takeovers.map((takeover) => `${JSON.stringify(takeover)}\n`);
  await writeFile(join(folder, "takeovers.log"), taken.join(""));
  const found = findings.map(({ kind, who, text }) => `${kind}: ${who}: ${text}\n`);
  await writeFile(join(folder, "findings.log"), found.join(""));
  const readers = conversations.flatMap((each) => each.readers);
  const lines = readers.flatMap(({ name, log }) => log.map((line) => `${name} ${line}\n`));
  await writeFile(join(folder, "readers.log"), lines.join(""));
}
