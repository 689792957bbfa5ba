import { once } from "node:events";
import { createHttpServer } from "../../../api/http.ts";
import { settle } from "../../support/clock.ts";
import { makeTenant } from "../../support/tenant.ts";
import { createPlatform } from "../../rest/platform.ts";

/**
 * All doors on memory as a process of its own, whose memory can be measured, with as little patience for slow
 * requests as its arguments say: for the head, and for the whole, in ms. Answers each message with the peak of its
 * memory and with what it holds now, in bytes.
 */
const [head = 0, request = 0] = process.argv.slice(2).map(Number);
const limits = { concurrent_connections: 10_000 };
const platform = createPlatform({
  tenants: [makeTenant("demo", { limits })],
  limits: { enabled: false, requestsPerMinute: 1, burst: 0 },
  pieces: ["Still here."],
});
const server = createHttpServer(
  platform.http.fetch,
  (incoming, socket, rest) => {
    const door = incoming.url?.startsWith("/graphql") ? platform.graphql : platform.door;
    door.upgrade(incoming, socket, rest);
  },
  { head, request, check: 50 },
);

async function measure() {
  if (!globalThis.gc) throw new Error("This runs with --expose-gc");
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    await settle();
  }
  const { heapUsed, external } = process.memoryUsage();
  const connections = await new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
  const errors = platform.logger.lines.filter(({ level }) => level === "error").length;
  const peak = process.resourceUsage().maxRSS * 1024;
  return { peak, held: heapUsed + external, connections, errors };
}

process.on("message", () => void measure().then((measured) => process.send?.(measured)));
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
process.send?.(typeof address === "object" && address ? address.port : 0);
