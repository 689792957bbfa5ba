import { createMemoryStore } from "../../api/adapters/memory/store.ts";
import { AppError } from "../../api/core/errors.ts";
import type { Message } from "../../api/core/message.ts";
import { readTurn } from "../../api/core/turns/read-turn.ts";
import {
  follow,
  openProcess,
  refer,
  testTenant,
  type CoreProcess,
  type CoreStore,
} from "./core.ts";
import { createManualAnswerer } from "./manual-answerer.ts";

/**
 * A process whose answers the test gives.
 * @param change what its store does otherwise than `memory`, which holds what is really stored.
 */
export function openTurns(
  change: (store: CoreStore) => Partial<CoreStore> = () => ({}),
  onAbort: "throw" | "return" = "throw",
) {
  const answerer = createManualAnswerer(onAbort);
  const memory = createMemoryStore();
  const store = { ...memory, ...change(memory) };
  const process = openProcess({ answerer, store });
  const find = async (message: Message) =>
    (await memory.findMessage(testTenant, message.id)) ?? message;
  return { ...process, answerer, memory, find };
}

/** Reads a turn from its start to its ending. */
export function readAnswer({ reader }: CoreProcess, answer: Message) {
  return follow(
    readTurn(reader, testTenant, refer(answer), undefined, new AbortController().signal),
  );
}

/** What an adapter throws while its server is away. */
export const away = () => new AppError("SERVICE_UNAVAILABLE", "The database can't be reached");

/** A call that fails the first times, and the arguments of all calls. */
export function failing<Args extends unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
  makeError: () => unknown,
  times = Infinity,
) {
  const calls: Args[] = [];
  const run = async (...args: Args): Promise<Result> => {
    calls.push(args);
    if (calls.length <= times) throw makeError();
    return call(...args);
  };
  return { calls, run };
}
