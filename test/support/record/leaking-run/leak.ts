import { test } from "vitest";
import { createRecordingLogger } from "../../logger.ts";

test("something is logged", () => {
  const logger = createRecordingLogger();
  logger.debug({ where: "here" }, "Nothing to see");
  const leaked = process.env["LEAKED"];
  if (leaked) logger.info({ shown: leaked }, "A leak");
});
