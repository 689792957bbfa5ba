import { once } from "node:events";
import { connectRedis } from "../../../api/adapters/redis/connect.ts";
import { createRedisConnectionCounter } from "../../../api/adapters/redis/connections.ts";
import { systemClock } from "../../../api/adapters/system/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";

/** A process that holds places until it is told to leave. Arguments: Redis' URL, the prefix, the key, how many. */
const [, , url = "", prefix = "", key = "", count = ""] = process.argv;
const logger = createRecordingLogger();
const { redis, close } = await connectRedis({ url }, logger);
const counter = createRedisConnectionCounter(redis, { clock: systemClock, logger, prefix });
for (let n = 0; n < Number(count); n += 1) await counter.hold([{ key, limit: Number(count) }]);
process.send?.("holding");
await once(process, "message");
await counter.close();
await close();
process.disconnect();
