import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { ConfigError, readConfig } from "../api/config.ts";

const root = join(import.meta.dirname, "..");
const secrets = { secretKey: "made", jwtSecretKey: "made too", adminToken: "made as well" };
const read = (env: Record<string, string> = {}) => readConfig(env, root, () => secrets);

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    read(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

test("nothing set gives the embedded, keyless platform with made secrets", () => {
  const config = read();
  expect(config).toMatchObject({
    production: false,
    port: 8000,
    sitePort: 3000,
    apiPrefix: "/api/v1",
    database: {
      embedded: true,
      port: 5432,
      user: "miptech",
      password: "miptech123",
      name: "miptech",
    },
    redis: undefined,
    model: undefined,
    corsOrigins: ["http://localhost:3000", "http://localhost:8080"],
    limits: { enabled: true, requestsPerMinute: 60, burst: 10 },
    defaultTenantId: "demo",
    ...secrets,
  });
});

test(".env.example copied as it is changes nothing", () => {
  const example = parseEnv(readFileSync(join(root, ".env.example"), "utf8"));
  const { warnings, ...config } = read(example as Record<string, string>);
  const { warnings: _none, ...standard } = read();
  expect(config).toEqual(standard);
  expect(warnings).toContain("SECRET_KEY still has its placeholder and counts as unset");
});

test(".env.example names every variable of the seed", () => {
  const example = readFileSync(join(root, ".env.example"), "utf8");
  const names = [
    "ENVIRONMENT",
    "DEBUG",
    "SECRET_KEY",
    "API_V1_STR",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_DB",
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "REDIS_HOST",
    "REDIS_PORT",
    "JWT_SECRET_KEY",
    "CORS_ORIGINS",
    "CORS_ALLOW_CREDENTIALS",
    "OPENAI_API_KEY",
    "OPENAI_MODEL",
    "PINECONE_API_KEY",
    "PINECONE_ENV",
    "RATE_LIMIT_ENABLED",
    "RATE_LIMIT_REQUESTS_PER_MINUTE",
    "DEFAULT_TENANT_ID",
    "TENANT_ISOLATION_ENABLED",
    "LOG_LEVEL",
    "ENABLE_STRUCTURED_LOGGING",
  ];
  for (const name of names) expect(example).toMatch(new RegExp(`^(# )?${name}=`, "m"));
});

test("any POSTGRES_ variable or DATABASE_URL means a real server", () => {
  expect(read({ POSTGRES_HOST: "db" }).database).toMatchObject({
    embedded: false,
    host: "db",
    port: 5432,
    user: "miptech",
  });
  expect(read({ POSTGRES_PASSWORD: "x" }).database.embedded).toBe(false);
  expect(read({ DATABASE_URL: "postgres://u:p@db/x" }).database).toMatchObject({
    embedded: false,
    url: "postgres://u:p@db/x",
  });
});

test("REDIS_HOST, REDIS_PORT and REDIS_URL each mean a real server", () => {
  expect(read({ REDIS_HOST: "cache", REDIS_PASSWORD: "p@ss" }).redis).toEqual({
    url: "redis://:p%40ss@cache:6379",
  });
  expect(read({ REDIS_PORT: "6380" }).redis).toEqual({ url: "redis://localhost:6380" });
  expect(read({ REDIS_URL: "rediss://cache:1" }).redis).toEqual({ url: "rediss://cache:1" });
});

test("every fault is told at once", () => {
  const faults = faultsOf({
    PORT: "80a",
    POSTGRES_POOL_SIZE: "1",
    DEBUG: "perhaps",
    ENVIRONMENT: "moon",
    LOG_LEVEL: "loud",
    CORS_ORIGINS: '["http://localhost:3000/path"]',
    API_V1_STR: "api v1",
    DATABASE_URL: "mysql://root:secret@db/x",
    REDIS_URL: "localhost:6379",
    TENANT_ISOLATION_ENABLED: "false",
  });
  expect(faults).toHaveLength(10);
  expect(faults.join("\n")).not.toContain("secret");
});

test("production demands real secrets and a database password of one's own", () => {
  const names = faultsOf({ ENVIRONMENT: "production" }).map((fault) => fault.split(":")[0]);
  expect(names).toEqual(["POSTGRES_PASSWORD", "SECRET_KEY", "JWT_SECRET_KEY"]);
  const long = "x".repeat(32);
  expect(
    faultsOf({
      ENVIRONMENT: "production",
      SECRET_KEY: long,
      JWT_SECRET_KEY: long,
      POSTGRES_PASSWORD: "mine",
    }),
  ).toEqual([]);
});

test("production has an admin only with a real token, and makes none", () => {
  const long = "x".repeat(32);
  const production = {
    ENVIRONMENT: "production",
    SECRET_KEY: long,
    JWT_SECRET_KEY: long,
    POSTGRES_PASSWORD: "mine",
  };
  expect(read(production).adminToken).toBeUndefined();
  expect(read({ ...production, ADMIN_TOKEN: long }).adminToken).toBe(long);
  expect(read({ ...production, ADMIN_TOKEN: "your-admin-token" }).adminToken).toBeUndefined();
  const [fault, ...others] = faultsOf({ ...production, ADMIN_TOKEN: "short" });
  expect(others).toEqual([]);
  expect(fault).toMatch(/^ADMIN_TOKEN: /);
  expect(fault).not.toContain("short");
});

test("the secrets before are taken beside those in use, and in production only if they are long", () => {
  const long = "x".repeat(32);
  const production = {
    ENVIRONMENT: "production",
    SECRET_KEY: long,
    JWT_SECRET_KEY: long,
    POSTGRES_PASSWORD: "mine",
  };
  const none = { previousSecretKey: undefined, previousJwtSecretKey: undefined };
  expect(read()).toMatchObject(none);
  expect(read(production)).toMatchObject(none);
  expect(read({ SECRET_KEY_PREVIOUS: "old", JWT_SECRET_KEY_PREVIOUS: "older" })).toMatchObject({
    ...secrets,
    previousSecretKey: "old",
    previousJwtSecretKey: "older",
  });
  const faults = faultsOf({
    ...production,
    SECRET_KEY_PREVIOUS: "short",
    JWT_SECRET_KEY_PREVIOUS: "x".repeat(31),
  });
  expect(faults.map((fault) => fault.split(":")[0])).toEqual([
    "SECRET_KEY_PREVIOUS",
    "JWT_SECRET_KEY_PREVIOUS",
  ]);
  expect(faults.join()).not.toContain("short");
});

test("keys are fetched from private addresses only where it is said, and never in production", () => {
  expect(read().allowPrivateJwks).toBe(false);
  expect(read({ ALLOW_PRIVATE_JWKS: "true" }).allowPrivateJwks).toBe(true);
  const faults = faultsOf({
    ENVIRONMENT: "production",
    SECRET_KEY: "x".repeat(32),
    JWT_SECRET_KEY: "x".repeat(32),
    POSTGRES_PASSWORD: "mine",
    ALLOW_PRIVATE_JWKS: "true",
  });
  expect(faults).toEqual([expect.stringContaining("ALLOW_PRIVATE_JWKS")]);
});

test("development takes any admin token that a header can carry", () => {
  expect(read({ ADMIN_TOKEN: "short" }).adminToken).toBe("short");
  for (const ADMIN_TOKEN of ["two words", "größe", "a\tb"]) {
    expect(faultsOf({ ADMIN_TOKEN }), ADMIN_TOKEN).toHaveLength(1);
  }
});

test("CORS_ORIGINS takes a JSON list or words with commas", () => {
  expect(read({ CORS_ORIGINS: "https://a.example, https://b.example" }).corsOrigins).toEqual([
    "https://a.example",
    "https://b.example",
  ]);
  expect(faultsOf({ CORS_ORIGINS: "[1]" })).toHaveLength(1);
});

test("a key or an address means a language model", () => {
  const timeouts = { firstPieceMs: 60_000, idleMs: 30_000, retryMs: 20_000 };
  expect(read({ OPENAI_API_KEY: "sk-1" }).model).toEqual({
    apiKey: "sk-1",
    baseUrl: undefined,
    name: "gpt-4",
    fallbackName: undefined,
    contextTokens: undefined,
    replyTokens: undefined,
    timeouts,
  });
  const local = {
    OPENAI_BASE_URL: "http://localhost:11434/v1",
    OPENAI_MODEL: "llama3.2",
    OPENAI_FALLBACK_MODEL: "gemma3",
    MODEL_CONTEXT_TOKENS: "8192",
    MODEL_REPLY_TOKENS: "800",
    MODEL_TIMEOUT_MS: "120000",
    MODEL_IDLE_TIMEOUT_MS: "10000",
    MODEL_RETRY_MS: "0",
  };
  const { model, warnings } = read(local);
  expect(model).toEqual({
    apiKey: undefined,
    baseUrl: "http://localhost:11434/v1",
    name: "llama3.2",
    fallbackName: "gemma3",
    contextTokens: 8192,
    replyTokens: 800,
    timeouts: { firstPieceMs: 120_000, idleMs: 10_000, retryMs: 0 },
  });
  expect(warnings).toEqual([]);
});

test("neither a model's name nor a placeholder alone means a language model", () => {
  expect(read({ OPENAI_MODEL: "gpt-4o" }).model).toBeUndefined();
  const placeholder = read({ OPENAI_API_KEY: "your-openai-api-key", OPENAI_MODEL: "gpt-4" });
  expect(placeholder.model).toBeUndefined();
  expect(placeholder.warnings).toHaveLength(1);
});

test("an address without a model's name is warned of", () => {
  const { model, warnings } = read({ OPENAI_BASE_URL: "http://localhost:11434/v1" });
  expect(model?.name).toBe("gpt-4");
  expect(warnings).toEqual([expect.stringContaining("without OPENAI_MODEL")]);
});

test("faults of the model's settings are told without what is secret", () => {
  const faults = faultsOf({
    OPENAI_API_KEY: "sk-secret with a space",
    OPENAI_BASE_URL: "http://me:secret@localhost/v1",
    MODEL_CONTEXT_TOKENS: "few",
    MODEL_REPLY_TOKENS: "1",
    MODEL_TIMEOUT_MS: "0",
    MODEL_IDLE_TIMEOUT_MS: "900000",
    MODEL_RETRY_MS: "-1",
  });
  expect(faults).toHaveLength(7);
  expect(faults.join("\n")).not.toContain("secret");
  expect(faultsOf({ OPENAI_BASE_URL: "localhost:11434/v1" })).toHaveLength(1);
});
