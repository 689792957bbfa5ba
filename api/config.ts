import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { keepSecrets, readSecrets, type Secrets } from "./development-secrets.ts";
import type { AddressRange } from "./core/limits/network.ts";
import { defaultMaxDocumentBytes } from "./core/documents/upload-document.ts";
import { defaultLeaseMs } from "./core/turns/lease.ts";
import { createEnvReader, type EnvReader } from "./env-reader.ts";
import { type ModelConfig, readModel } from "./model-config.ts";
import { readOriginConfig, type OriginConfig } from "./origin-config.ts";
import { readTrustedProxies } from "./proxy-config.ts";
import { readVectors, type VectorConfig } from "./retrieval-config.ts";
import { readWeb, type WebConfig } from "./web-config.ts";
import {
  environments,
  isExposed,
  readGivenSecrets,
  readSigning,
  type SigningConfig,
} from "./secret-config.ts";

/** Everything that can be set from outside; see .env.example for each variable. */
export interface Config extends SigningConfig, OriginConfig {
  readonly production: boolean;
  /** Production or staging: strangers may reach it. */
  readonly isExposed: boolean;
  readonly host: string;
  readonly port: number;
  /** The host page's port. */
  readonly sitePort: number;
  readonly apiPrefix: string;
  readonly dataDir: string;
  readonly database: DatabaseConfig;
  /** Undefined: memory stands in, and one process serves everything. */
  readonly redis: { readonly url: string } | undefined;
  /** Undefined: answers quote the documents. */
  readonly model: ModelConfig | undefined;
  /** Undefined: documents are searched by their words alone. */
  readonly vectors: VectorConfig | undefined;
  readonly documents: {
    /** Of an upload. */
    readonly maxBytes: number;
    /** Of what it says, in UTF-8. */
    readonly maxTextBytes: number;
    /** How many are taken in at once in this process. */
    readonly slots: number;
  };
  readonly web: WebConfig;
  readonly secretKey: string;
  readonly jwtSecretKey: string;
  /** Undefined: there is no admin, and what only an admin may do is closed. */
  readonly adminToken: string | undefined;
  readonly corsAllowCredentials: boolean;
  readonly limits: {
    readonly enabled: boolean;
    readonly requestsPerMinute: number;
    readonly burst: number;
  };
  /** Proxies whose X-Forwarded-For is believed; by default none. */
  readonly trustedProxies: readonly AddressRange[];
  readonly defaultTenantId: string;
  readonly log: { readonly level: LogLevel; readonly structured: boolean };
  /** Pause between the pieces of an extractive answer, in ms. */
  readonly extractivePaceMs: number;
  readonly shutdownGraceMs: number;
  /** After how long a process that doesn't show itself in the database is taken for dead, in ms. */
  readonly leaseMs: number;
  /** What is odd but no fault; to be shown at the start. */
  readonly warnings: readonly string[];
}

export interface DatabaseConfig {
  /** Embedded: `port` is the one that is wanted, another is taken when it is in use. */
  readonly embedded: boolean;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly name: string;
  /** Given in place of the fields above: DATABASE_URL. */
  readonly url: string | undefined;
  readonly poolSize: number;
}

const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Every fault of the configuration at once, a line each. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(["The configuration has faults:", ...faults.map((fault) => `  - ${fault}`)].join("\n"));
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/**
 * Reads the environment and `.env` of `root` (the environment wins); development secrets that are
 * missing are made and kept in the data folder.
 * @throws ConfigError
 */
export function loadConfig(root: string): Config {
  const env = { ...readEnvFile(join(root, ".env")), ...process.env };
  return readConfig(env, root, (dataDir) => orConfigError(() => keepSecrets(dataDir)));
}

export type SecretMaker = (dataDir: string) => Secrets;

/** What a command needs to reach the running server as its admin. */
export interface AdminAccess {
  /** Such as http://localhost:8000. */
  readonly url: string;
  readonly apiPrefix: string;
  readonly adminToken: string | undefined;
  /** Whether it is the one that development has made for the server of this folder. */
  readonly isMadeToken: boolean;
  /** The largest document that the server takes, in bytes. */
  readonly maxDocumentBytes: number;
  /** Where the command was called, which is what its relative paths are meant from. */
  readonly workingDir: string;
}

/** Reads no more than that; nothing is made, and a fault of another setting is none here. @throws ConfigError */
export function loadAdminAccess(root: string): AdminAccess {
  const env = { ...readEnvFile(join(root, ".env")), ...process.env };
  const reader = createEnvReader(env);
  const host = reader.text("HOST") ?? "localhost";
  const port = reader.integer("PORT", 8000, 0, 65_535);
  const dataDir = resolve(root, reader.text("DATA_DIR") ?? ".data");
  const given = reader.text("ADMIN_TOKEN");
  const access = {
    url: `http://${["127.0.0.1", "0.0.0.0"].includes(host) ? "localhost" : host}:${port}`,
    apiPrefix: readPrefix(reader),
    adminToken: given ?? orConfigError(() => readSecrets(dataDir)).adminToken,
    isMadeToken: given === undefined,
    maxDocumentBytes: readMaxDocumentBytes(reader),
    // npm runs its scripts in the package's folder, and says where it was called itself.
    workingDir: env.INIT_CWD ?? process.cwd(),
  };
  if (reader.faults.length > 0) throw new ConfigError(reader.faults);
  return access;
}

function orConfigError<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new ConfigError([error instanceof Error ? error.message : String(error)]);
  }
}

/** The pure part: nothing is read but `env`, nothing written but by `makeSecrets`. @throws ConfigError */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  root: string,
  makeSecrets: SecretMaker,
): Config {
  const reader = createEnvReader(env);
  const environment = reader.oneOf("ENVIRONMENT", environments, "development");
  const production = environment === "production";
  const debug = reader.flag("DEBUG", false);
  if (!reader.flag("TENANT_ISOLATION_ENABLED", true)) {
    reader.fault("TENANT_ISOLATION_ENABLED=false: isolation of tenants can't be switched off");
  }
  const dataDir = resolve(root, reader.text("DATA_DIR") ?? ".data");
  const draft: Omit<Config, keyof Secrets | "warnings"> = {
    production,
    isExposed: isExposed(environment),
    host: reader.text("HOST") ?? (production ? "0.0.0.0" : "127.0.0.1"),
    port: reader.integer("PORT", 8000, 0, 65_535),
    sitePort: reader.integer("SITE_PORT", 3000, 0, 65_535),
    apiPrefix: readPrefix(reader),
    dataDir,
    database: readDatabase(reader, production),
    redis: readRedis(reader),
    model: readModel(reader),
    vectors: readVectors(reader),
    documents: {
      maxBytes: readMaxDocumentBytes(reader),
      maxTextBytes: reader.integer("DOCUMENT_MAX_TEXT_BYTES", 10 * 2 ** 20, 1024, 64 * 2 ** 20),
      slots: reader.integer("INGESTION_CONCURRENCY", 4, 1, 64),
    },
    web: readWeb(reader, production),
    ...readOriginConfig(reader, production || environment === "staging"),
    corsAllowCredentials: reader.flag("CORS_ALLOW_CREDENTIALS", true),
    limits: {
      enabled: reader.flag("RATE_LIMIT_ENABLED", true),
      requestsPerMinute: reader.integer("RATE_LIMIT_REQUESTS_PER_MINUTE", 60, 1, 1_000_000),
      burst: reader.integer("RATE_LIMIT_BURST", 10, 0, 1_000_000),
    },
    ...readSigning(reader, environment),
    trustedProxies: readTrustedProxies(reader),
    defaultTenantId: reader.text("DEFAULT_TENANT_ID") ?? "demo",
    log: {
      level: reader.oneOf("LOG_LEVEL", logLevels, debug ? "debug" : "info"),
      structured: reader.flag("ENABLE_STRUCTURED_LOGGING", production),
    },
    extractivePaceMs: reader.integer("EXTRACTIVE_PACE_MS", 20, 0, 10_000),
    shutdownGraceMs: reader.integer("SHUTDOWN_GRACE_MS", 10_000, 0, 600_000),
    leaseMs: reader.integer("LEASE_MS", defaultLeaseMs, 1000, 60_000),
  };
  const given = readGivenSecrets(reader, environment);
  if (reader.faults.length > 0) throw new ConfigError(reader.faults);
  const isComplete = given.secretKey && given.jwtSecretKey && (given.adminToken || production);
  const made = isComplete ? undefined : makeSecrets(dataDir);
  return Object.freeze({
    ...draft,
    secretKey: given.secretKey ?? made?.secretKey ?? "",
    jwtSecretKey: given.jwtSecretKey ?? made?.jwtSecretKey ?? "",
    adminToken: given.adminToken ?? made?.adminToken,
    warnings: reader.warnings,
  });
}

function readMaxDocumentBytes(reader: EnvReader): number {
  return reader.integer("DOCUMENT_MAX_BYTES", defaultMaxDocumentBytes, 1024, 256 * 2 ** 20);
}

function readPrefix(reader: EnvReader): string {
  const prefix = (reader.text("API_V1_STR") ?? "/api/v1").replace(/\/+$/, "");
  if (!/^(\/[\w.-]+)+$/.test(prefix))
    reader.fault(`API_V1_STR=${prefix}: a path such as /api/v1 is expected`);
  return prefix;
}

const seedPassword = "miptech123";

/** Any POSTGRES_* variable or DATABASE_URL means a real server; else the embedded one is started. */
function readDatabase(reader: EnvReader, production: boolean): DatabaseConfig {
  const url = reader.url("DATABASE_URL", ["postgres:", "postgresql:"]);
  const names = [
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_DB",
  ];
  const embedded = !url && !names.some((name) => reader.text(name) !== undefined);
  const password = reader.text("POSTGRES_PASSWORD") ?? seedPassword;
  if (production && !url && password === seedPassword) {
    reader.fault(
      "POSTGRES_PASSWORD: ENVIRONMENT=production needs a password of your own, or DATABASE_URL",
    );
  }
  return {
    embedded,
    host: reader.text("POSTGRES_HOST") ?? "localhost",
    port: reader.integer("POSTGRES_PORT", 5432, 1, 65_535),
    user: reader.text("POSTGRES_USER") ?? "miptech",
    password,
    name: reader.text("POSTGRES_DB") ?? "miptech",
    url,
    poolSize: reader.integer("POSTGRES_POOL_SIZE", 10, 2, 1000),
  };
}

function readRedis(reader: EnvReader): { url: string } | undefined {
  const url = reader.url("REDIS_URL", ["redis:", "rediss:"]);
  const host = reader.text("REDIS_HOST");
  const port = reader.integer("REDIS_PORT", 6379, 1, 65_535);
  const password = reader.text("REDIS_PASSWORD");
  if (url) return { url };
  if (!host && reader.text("REDIS_PORT") === undefined) return undefined;
  const login = password ? `:${encodeURIComponent(password)}@` : "";
  return { url: `redis://${login}${host ?? "localhost"}:${port}` };
}

function readEnvFile(path: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    if (isMissingFile(error)) return {};
    throw new ConfigError([
      `.env can't be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
