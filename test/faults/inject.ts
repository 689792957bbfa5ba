import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault.ts";
import { holdAll, strikeLines } from "./line-faults.ts";
import type { Reader } from "./reader.ts";
import type { World } from "./world.ts";

export interface InjectDeps {
  readonly world: World;
  /** Those who read at the moment. */
  readonly present: ReadonlySet<Reader>;
  /** Called when a server is dead by SIGKILL. */
  readonly onDeath: (server: number) => Promise<void>;
}

/** A fault that finds nothing waits so long for something. */
const lookForMs = 1500;
const lookAgainMs = 25;

/**
 * Does it, and resolves when it is over.
 * @returns false when there was nothing that it could have struck.
 */
export async function injectFault(deps: InjectDeps, fault: Fault): Promise<boolean> {
  const until = Date.now() + lookForMs;
  for (;;) {
    const over = strike(deps, fault);
    if (over) {
      await over;
      return true;
    }
    if (Date.now() > until) return false;
    await sleep(lookAgainMs);
  }
}

/** Undefined when there is nothing to strike now. */
function strike(deps: InjectDeps, fault: Fault): Promise<unknown> | undefined {
  const { world, present, onDeath } = deps;
  const { kind, ms, pick } = fault;
  const server = world.servers[fault.process];
  const proxy = world.proxies[fault.process];
  if (!server || !proxy) throw new Error(`There is no server ${fault.process}`);
  switch (kind) {
    case "stalled-reader":
    case "slow-reader":
      return strikeReader([...present], pick, ms, kind === "slow-reader");
    case "redis-kill-normal":
      return world.redis.killClients("normal");
    case "redis-kill-pubsub":
      return world.redis.killClients("pubsub");
    case "redis-flush":
      return world.redis.flush("data");
    case "redis-flush-scripts":
      return world.redis.flush("scripts");
    case "redis-freeze":
      return world.redis.freeze(ms);
    case "redis-crash":
      return world.redis.crash(ms);
    case "postgres-one":
      return world.stored.terminate(pick);
    case "postgres-all":
      return world.stored.terminate();
    case "crash":
      return server.crash(ms, () => onDeath(server.index));
    case "crash-all":
      return Promise.all(world.servers.map((each) => each.crash(ms, () => onDeath(each.index))));
    case "short-freeze":
    case "long-freeze":
      return server.freeze(ms);
    case "restart":
      return server.restart(ms);
    case "postgres-away":
      return holdAll(world.links[fault.process]?.postgres, ms);
    case "redis-away":
      return holdAll(world.links[fault.process]?.redis, ms);
    case "postgres-freeze":
      return freezePostgres(world, pick, ms);
    default: {
      const others = world.proxies.filter((each) => each !== proxy);
      return strikeLines({ kind, ms, pick }, [proxy, ...others]);
    }
  }
}

/** The chosen one, or else the next one that has a line. */
function strikeReader(
  readers: readonly Reader[],
  pick: number,
  ms: number,
  isSlow: boolean,
): Promise<void> | undefined {
  const first = Math.floor(pick * readers.length);
  const inTurn = [...readers.slice(first), ...readers.slice(0, first)];
  return inTurn.some((reader) => reader.stall(ms, isSlow)) ? sleep(ms) : undefined;
}

/** A few backends, so that it looks as if the network to the database were slow, or all of them. */
async function freezePostgres({ stored }: World, pick: number, ms: number): Promise<void> {
  const pids = await stored.listBackends(pick < 0.3 ? undefined : pick);
  signalAll(pids, "SIGSTOP");
  await sleep(ms);
  signalAll(pids, "SIGCONT");
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      const hasEnded = error instanceof Error && "code" in error && error.code === "ESRCH";
      if (!hasEnded) throw error;
    }
  }
}
