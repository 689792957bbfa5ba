import { createRandom } from "../faults/random.ts";
import { openApiWorld, type GivenServers } from "../support/api-world.ts";
import { answerSlowly, type ModelScript } from "../support/openai-server.ts";
import type { RunReport } from "../support/run-command.ts";
import { startConversations, type ConversationPlan } from "./conversations.ts";
import { restartAll, type Restart } from "./rolling-restart.ts";
import { compareStored } from "./stored-answers.ts";
import { createCounts, listCounts, type VisitorCounts } from "./visitor.ts";

export interface RestartOptions extends ConversationPlan {
  readonly processes: number;
  readonly rounds: number;
  /** SHUTDOWN_GRACE_MS: answers that take longer are handed over. */
  readonly grace: number;
  /** Pieces of an answer that come in a second. */
  readonly pace: number;
}

export interface RestartReport extends RunReport {
  /** How many questions were answered. */
  readonly answered: number;
  readonly visitors: VisitorCounts;
}

/** Of an answer, the fewest and the most: at 10 a second 2 to 6 s. */
const pieces = [20, 60] as const;
const closingMs = 15_000;

/** Rolling restarts under conversations that go on all the time. Closes all that it opens. */
export async function runRestarts(
  options: RestartOptions,
  given: GivenServers | undefined,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<RestartReport> {
  const { processes, rounds, conversations, grace } = options;
  await using opened = new AsyncDisposableStack();
  const world = await openApiWorld(opened, {
    processes,
    given,
    env: {},
    shutdownGraceMs: grace,
    tenantLimits: {
      concurrent_connections: 2 * conversations + 100,
      messages_per_minute: 1_000_000,
      messages_per_day: 1_000_000,
    },
    report: say,
  });
  world.model.use(answerAtRandom(options));

  const counts = createCounts();
  const held = startConversations(opened, world, options, counts);
  const restarts: Restart[] = [];
  await held.begun;
  for (let round = 1; round <= rounds; round += 1) {
    stop.throwIfAborted();
    restarts.push(...(await restartAll(world.apis, grace + closingMs)));
    say(`Round ${round} of ${rounds} is over`);
  }
  const results = await held.stop();
  const asked = results.flatMap((result) => result.asked);
  const drains = restarts.map(({ drainMs }) => drainMs);
  return {
    answered: asked.length,
    visitors: counts,
    counts: [
      `${"restarts".padEnd(20)} ${restarts.length}, drained in ${Math.min(...drains)} to ${Math.max(...drains)} ms`,
      `${"questions answered".padEnd(20)} ${asked.length}`,
      ...listCounts(counts),
    ],
    faults: [
      ...restarts.flatMap(({ name, how }) => (how === 0 ? [] : `${name} ended with ${how}`)),
      ...results.flatMap(({ fault }) => fault ?? []),
      ...(await compareStored(world, asked)),
    ],
  };
}

/** Each request gets a text of its own, so that two attempts of a turn can't be taken for one another. */
function answerAtRandom({ seed, pace }: RestartOptions): ModelScript {
  let requests = 0;
  return (request) => {
    requests += 1;
    const random = createRandom(seed, `answer ${requests}`);
    const length = random.integer(...pieces);
    const texts = Array.from(
      { length },
      (_, index) => random.pick(words) + (index % 9 ? " " : "\n"),
    );
    answerSlowly([`Answer ${requests}: `, ...texts], pace)(request);
  };
}

const words = [
  "water",
  "tomatoes",
  "in the morning",
  "—",
  "🍅",
  "\u0000é",
  "**never**",
  "[1]",
  "日本",
];
