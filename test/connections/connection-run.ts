import { createRandom } from "../faults/random.ts";
import { openApiWorld, runTenant, type GivenServers } from "../support/api-world.ts";
import { within } from "../support/deadline.ts";
import { answerSlowly, type ModelScript } from "../support/openai-server.ts";
import type { RunReport } from "../support/run-command.ts";
import { startClients, type Clients } from "./clients.ts";
import { reportConnections } from "./connection-report.ts";
import { checkFileLimit, readFileLimit } from "./file-limit.ts";
import { createMemoryProbe, probeEnv } from "./memory.ts";
import { compareDigests } from "./stored-digests.ts";
import { watchMemory } from "./watch.ts";

export interface ConnectionOptions {
  readonly idle: number;
  readonly streaming: number;
  readonly seconds: number;
  /** Seconds that all goes on before memory is looked at. */
  readonly warmup: number;
  /** The most that the heap and the process may grow by, MB. */
  readonly heap: number;
  readonly rss: number;
  readonly seed: number;
}

const openingMs = 120_000;
/** For the answers under way when the time is over. */
const endingMs = 60_000;
const sampleMs = 30_000;
const connectionsPerProcess = 3000;

/** Many connections on one API process for a while. Closes all that it opens. */
export async function runConnections(
  options: ConnectionOptions,
  given: GivenServers | undefined,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<RunReport> {
  const { idle, streaming, seed } = options;
  checkFileLimit(idle + streaming, readFileLimit());
  await using opened = new AsyncDisposableStack();
  const probe = createMemoryProbe();
  const limits = { messages_per_minute: 1_000_000, messages_per_day: 1_000_000 };
  const world = await openApiWorld(opened, {
    processes: 1,
    given,
    env: probeEnv,
    shutdownGraceMs: 1000,
    tenantLimits: { concurrent_connections: idle + streaming, ...limits },
    report: (line) => void (probe.read(line) || say(line)),
  });
  world.model.use(answerSteadily(seed));
  const [api] = world.apis;
  if (!api?.pid || !api.port) throw new Error("The API process is gone");
  const { pid, port } = api;

  const faults: string[] = [];
  const died = new AbortController();
  void api.nextEnd().then(({ how }) => {
    faults.push(`the API process ended (${how})`);
    died.abort();
  });
  const url = `ws://127.0.0.1:${port}/api/v1/ws/chat`;
  const clients = openClients(opened, options, url, (text) => void faults.push(text));
  await within(openingMs, "The connections could not all be opened", whenOpened(clients));
  say(`${idle} idle and ${streaming} streaming connections are open`);

  const late = "The server does not tell its memory";
  const take = () => within(sampleMs, late, probe.take(pid, died.signal));
  const samples = await watchMemory(options, take, say, died.signal, stop);
  const counted = died.signal.aborted ? 0 : await countConnections(port);
  const stopped = Promise.all(clients.map((each) => each.stop()));
  const summaries = await within(endingMs, "The streams did not end", stopped);
  const answers = summaries.flatMap((summary) => summary.answers);
  faults.push(...(await compareDigests(world, answers)));
  return reportConnections(options, { samples, summaries, counted, faults });
}

function openClients(
  opened: AsyncDisposableStack,
  { idle, streaming }: ConnectionOptions,
  url: string,
  onFault: (text: string) => void,
): Clients[] {
  const count = Math.ceil((idle + streaming) / connectionsPerProcess);
  const share = (total: number, index: number) =>
    Math.floor((total * (index + 1)) / count) - Math.floor((total * index) / count);
  return Array.from({ length: count }, (_, index) => {
    const plan = { idle: share(idle, index), streaming: share(streaming, index) };
    const clients = startClients({ url, tenantId: runTenant, ...plan }, onFault);
    opened.defer(clients.close);
    return clients;
  });
}

async function whenOpened(clients: readonly Clients[]): Promise<void> {
  await Promise.all(clients.map((each) => each.opened));
}

/** The open WebSocket connections by the server's own count. */
async function countConnections(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const count = /^miptech_websocket_connections (\d+)$/m.exec(await response.text())?.[1];
  return Number(count);
}

/** 40 pieces, 4 a second; each answer has a text of its own. */
function answerSteadily(seed: number): ModelScript {
  let requests = 0;
  return (request) => {
    requests += 1;
    const random = createRandom(seed, `answer ${requests}`);
    const texts = Array.from({ length: 40 }, () => `${random.integer(0, 999_999)} é🍅 `);
    answerSlowly([`Answer ${requests}: `, ...texts], 4)(request);
  };
}
