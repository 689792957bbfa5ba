import { inject } from "vitest";
import { connectRedis } from "../../../api/adapters/redis/connect.ts";
import { createRedisTurnStreams } from "../../../api/adapters/redis/turn-streams.ts";
import { systemClock } from "../../../api/adapters/system/clock.ts";
import { createTurnLog } from "../../../api/core/turns/turn-log.ts";
import { describeTurnLog } from "../../contracts/turn-log.ts";
import { createRecordingLogger } from "../../support/logger.ts";

async function openProcess() {
  const logger = createRecordingLogger();
  const connection = await connectRedis(inject("redis"), logger);
  const streams = createRedisTurnStreams(connection, { clock: systemClock });
  const log = createTurnLog({ streams, clock: systemClock, logger, mayRefill: () => true });
  return { log, close: () => log.flush().finally(connection.close) };
}

describeTurnLog("of two processes on one Redis", async () => {
  const [here, there] = [await openProcess(), await openProcess()];
  return {
    here: here.log,
    there: there.log,
    async close() {
      await there.close();
      await here.close();
    },
  };
});
