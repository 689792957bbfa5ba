import type { Redis } from "ioredis";
import type { Logger } from "../../core/ports.ts";
import { reasonOf } from "./reason.ts";

/**
 * Logs when the first of these connections is lost, and when all of them are there again.
 * @param clients that are connected to one Redis.
 * @returns what ends the logging.
 */
export function logOutages(clients: readonly Redis[], name: string, logger: Logger): () => void {
  let isUp = true;
  let isOver = false;

  function lose(text: string, fields: object): void {
    if (isUp && !isOver) logger.warn({ redis: name, ...fields }, text);
    isUp = false;
  }

  for (const client of clients) {
    client.on("error", (error: unknown) =>
      lose("The connection to Redis was lost", { reason: reasonOf(error) }),
    );
    client.on("close", () => lose("The connection to Redis was closed", {}));
    client.on("ready", () => {
      if (isUp || isOver || clients.some(({ status }) => status !== "ready")) return;
      isUp = true;
      logger.info({ redis: name }, "The connection to Redis is back");
    });
  }
  return () => {
    isOver = true;
  };
}
