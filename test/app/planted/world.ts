import { readFile } from "node:fs/promises";
import { Redis } from "ioredis";
import { openHostileWorld } from "../hostile/world.ts";
import { startJwksServer } from "../../support/jwks-server.ts";
import { startModelServer } from "../../support/openai-server.ts";
import { adminToken } from "../../support/platform.ts";
import type { Finding, KnownSecret } from "../../support/record/folder.ts";
import { searchText } from "../../support/record/search.ts";
import { startRedis } from "../../support/redis.ts";

export const modelKey = "sk-live-planted-0123456789";
const redisPassword = "redis-password-0123456789";

/** A platform on a Redis with a password, a model and an issuer that can all be made to fail. */
export async function openPlantedWorld() {
  const redis = await startRedis();
  const model = await startModelServer();
  const jwks = await startJwksServer();
  const client = new Redis(redis.url);
  await client.config("SET", "requirepass", redisPassword);
  const world = await openHostileWorld({
    OPENAI_BASE_URL: model.baseUrl,
    OPENAI_API_KEY: modelKey,
    OPENAI_MODEL: "gpt-4o-mini",
    MODEL_RETRY_MS: "0",
    REDIS_URL: redis.url.replace("redis://", `redis://:${redisPassword}@`),
    ALLOW_PRIVATE_JWKS: "true",
  });
  const unlimited = { messages_per_minute: 10_000, messages_per_day: 10_000 };
  await world.call("PATCH", `/admin/tenants/${world.tenantId}`, world.asAdmin(), {
    settings: { limits: unlimited },
  });
  const secrets: readonly KnownSecret[] = [
    { kind: "the admin token", text: adminToken },
    { kind: "the model's key", text: modelKey },
    { kind: "Redis' password", text: redisPassword },
    { kind: "the database's password", text: new URL(world.platform.database.url).password },
    { kind: "SECRET_KEY", text: world.ground.visitorSecret },
    { kind: "JWT_SECRET_KEY", text: world.ground.secret },
  ];

  /** What was logged until now. */
  const readLog = () => readFile(world.platform.record.files[0] ?? "", "utf8");

  /** Each record of the platform as a text, once it is stopped, and its audit log. */
  async function readRecord(): Promise<Readonly<Record<string, string>>> {
    const { platform } = world;
    const audit = await platform.adminSql("select row_to_json(a)::text as text from audit_log a");
    const [log = "", answers = "", metrics = ""] = await Promise.all(
      platform.record.files.map((file) => readFile(file, "utf8")),
    );
    return { log, answers, metrics, audit: audit.map((row) => JSON.stringify(row)).join("\n") };
  }

  return {
    ...world,
    redis,
    /** For what an operator does. */
    redisClient: client,
    model,
    jwks,
    readLog,
    readRecord,
    /** What is found of all that was planted. */
    async search(): Promise<readonly Finding[]> {
      const record = await readRecord();
      return Object.entries(record).flatMap(([name, text]) => searchText(name, text, secrets));
    },
    async close(): Promise<void> {
      await world.platform.close();
      client.disconnect();
      await model.close();
      await jwks.close();
      await redis.close();
    },
  };
}

export type PlantedWorld = Awaited<ReturnType<typeof openPlantedWorld>>;
