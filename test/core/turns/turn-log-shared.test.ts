import { createMemoryTurnStreams } from "../../../api/adapters/memory/turn-streams.ts";
import { systemClock } from "../../../api/adapters/system/clock.ts";
import { createTurnLog } from "../../../api/core/turns/turn-log.ts";
import { describeTurnLog } from "../../contracts/turn-log.ts";
import { createRecordingLogger } from "../../support/logger.ts";

describeTurnLog("of one process", async () => {
  const log = createTurnLog();
  return { here: log, there: log, close: log.flush };
});

describeTurnLog("of two processes over streams in memory", async () => {
  const streams = createMemoryTurnStreams(systemClock);
  const open = () =>
    createTurnLog({
      streams,
      clock: systemClock,
      logger: createRecordingLogger(),
      mayRefill: () => true,
    });
  const [here, there] = [open(), open()];
  return {
    here,
    there,
    async close() {
      await there.flush();
      await here.flush();
    },
  };
});
