import { once } from "node:events";
import { createPgBossJobs } from "../../../api/adapters/pg-boss/jobs.ts";
import { openPostgres } from "../../../api/adapters/postgres/open.ts";
import { AppError } from "../../../api/core/errors.ts";
import { systemClock } from "../../../api/adapters/system/clock.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeTenant } from "../../support/tenant.ts";

/**
 * A process that stops in the middle of tenant work, with the locks of a save and of a turn's row, and
 * goes on when it is told to. Arguments: the database's URL, its own name, the answer's id.
 */
const [, , url = "", owner = "", answerId = ""] = process.argv;
const tenant = makeTenant("demo");
const postgres = await openPostgres({
  url,
  poolSize: 1,
  analyzer: createTextAnalyzer(),
  clock: systemClock,
  logger: createRecordingLogger(),
  onTenantChange: () => undefined,
  onKeyChange: () => undefined,
  onUserChange: () => undefined,
  onTurnStop: () => undefined,
  onListening: () => undefined,
  onDocumentChange: () => undefined,
  onJobs: () => undefined,
  jobs: (execute) => createPgBossJobs(execute, createRecordingLogger()),
  isShared: true,
});

const work = postgres.work(tenant, async (em) => {
  await em.execute("select public.holds_lease(?)", [owner]);
  await em.execute("update tenant_demo.chat_messages set content = 'frozen' where id = ?", [
    answerId,
  ]);
  process.send?.("holding");
  await once(process, "message");
  await em.execute("select 1");
});
const outcome = await work.then(
  () => "stored",
  (error: unknown) => (error instanceof AppError ? error.code : String(error)),
);
// On the only connection there may be: the lost one has given its place back.
const message = await postgres.chats.findMessage(tenant, answerId);
process.send?.({ outcome, content: message?.content });
await postgres.close();
process.disconnect();
