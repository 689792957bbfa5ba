import { once } from "node:events";
import { createHttpServer } from "../../api/http.ts";
import { joinWindowMs } from "../../api/core/turns/pieces.ts";
import { createPlatform } from "../rest/platform.ts";
import type { Script } from "../rest/scripted-answerer.ts";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";

/**
 * All doors on memory as a process of its own, whose memory can be measured. Listens on the socket file of its first
 * argument; does what its parent says, one command after another, and answers each.
 */
export type Command =
  | { readonly do: "say"; readonly text: string }
  | { readonly do: "finish" }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "measure" };

const limits = { requests_per_minute: 1_000_000, concurrent_connections: 10_000 };
const platform = createPlatform({ tenants: [makeTenant("demo", { limits })] });
const server = createHttpServer(platform.http.fetch, (request, socket, head) => {
  const door = request.url?.startsWith("/graphql") ? platform.graphql : platform.door;
  door.upgrade(request, socket, head);
});
let turn: Script | undefined;

async function run(command: Command): Promise<number> {
  if (command.do === "measure") return measure();
  if (command.do === "pass") platform.clock.advance(command.ms);
  else {
    turn ??= await platform.answerer.nextTurn();
    if (command.do === "finish") turn.finish();
    else {
      turn.push(command.text);
      await settle();
      platform.clock.advance(joinWindowMs);
    }
  }
  await settle();
  return 0;
}

/** Bytes that are held, once what nobody holds is gone. */
async function measure(): Promise<number> {
  if (!globalThis.gc) throw new Error("This runs with --expose-gc");
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    await settle();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let last = Promise.resolve();
process.on("message", (command: Command) => {
  last = last.then(async () => void process.send?.(await run(command)));
});
process.on("disconnect", () => process.exit());
server.listen(process.argv[2]);
await once(server, "listening");
process.send?.("listening");
