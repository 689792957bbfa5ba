import type { Server } from "node:http";
import { inspect } from "node:util";
import { createApp, describeError, StartError, type App } from "./app.ts";
import { ConfigError, loadConfig, type Config } from "./config.ts";
import { createHttpServer } from "./http.ts";

/** Something that was opened and is to be closed; closed in reverse order. */
export type Closer = () => Promise<void>;

export interface Hooks {
  /** After the database was migrated, before the server listens. */
  readonly prepare?: (app: App) => Promise<void>;
  /** When the server listens; what it opens it returns to be closed first. */
  readonly listening?: (app: App, apiUrl: string) => Promise<Closer | undefined>;
}

/**
 * Serves until a signal, then drains and closes.
 * @returns when everything of its own is closed.
 */
export async function serve(
  config: Config,
  databaseUrl: string,
  stop: StopSignal,
  hooks: Hooks = {},
): Promise<void> {
  const closers: Closer[] = [];
  try {
    const app = await createApp(config, databaseUrl);
    const server = createHttpServer(app.fetch, app.upgrade);
    // Listens until the app is closed, so that readiness can be asked for meanwhile.
    closers.push(() => closeServer(server), app.close);
    say("✅ Database connected");
    say(
      app.hasRedis
        ? "✅ Redis connection established"
        : "✅ Memory stands in for Redis: one process serves everything",
    );
    say(
      app.modelName
        ? `✅ Answers by ${app.modelName}`
        : "✅ Answers quote the documents (no language model is configured)",
    );
    say(
      app.vectorsName
        ? `✅ Documents are searched by their words and by meaning (${app.vectorsName})`
        : "✅ Documents are searched by their words (no vectors are configured)",
    );
    const warnings = [...config.warnings, app.warning ?? [], app.searchWarning ?? []].flat();
    for (const warning of warnings) say(`⚠️  ${warning}`);
    await hooks.prepare?.(app);
    const shown =
      config.host === "127.0.0.1" || config.host === "0.0.0.0" ? "localhost" : config.host;
    await listen(server, config.port, config.host, "PORT");
    const apiUrl = `http://${shown}:${portOf(server)}`;
    say(`🚀 Starting MIPTech server on ${apiUrl}`);
    const close = await hooks.listening?.(app, apiUrl);
    if (close) closers.push(close);
    say(`Stopping (${await stop.received}) …`);
  } finally {
    const errors: unknown[] = [];
    for (const close of closers.reverse()) {
      await close().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0)
      say(`⚠️  Not everything was closed: ${errors.map(inspectError).join("\n")}`);
  }
}

/** @throws Error with a clear text when the port is taken. @param name the variable that sets it. */
export async function listen(
  server: Server,
  port: number,
  host: string,
  name: string,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      reject(
        isTaken
          ? new StartError(`Port ${port} is in use by another program: stop it, or set ${name}.`)
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
}

export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** How long what was said last may take to leave. */
const lastWordMs = 1000;

/** Takes no new connections and closes the open ones, those that still send something after a moment. */
export function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), lastWordMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Runs a program to its end; faults that a person can mend are shown without a stack. What nobody caught ends it too:
 * Node itself would print all that the error carries.
 */
export async function runProgram(program: () => Promise<void>): Promise<never> {
  process.on("uncaughtException", fail);
  try {
    await program();
    process.exit(0);
  } catch (error) {
    return fail(error);
  }
}

function fail(error: unknown): never {
  const isExpected = error instanceof ConfigError || error instanceof StartError;
  process.stderr.write(`\n❌ ${isExpected ? error.message : inspectError(error)}\n`);
  process.exit(1);
}

function inspectError(error: unknown): string {
  return inspect(describeError(error), { depth: null });
}

export interface StopSignal {
  /** The name of the signal. */
  readonly received: Promise<string>;
}

/** Listens for Ctrl-C and SIGTERM from now on; a second one ends the process at once. */
export function waitForSignal(): StopSignal {
  const received = new Promise<string>((resolve) => {
    const onSignal = (signal: string) => {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
      resolve(signal);
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  });
  return { received };
}

if (import.meta.main) {
  await runProgram(async () => {
    const config = loadConfig(process.cwd());
    const { database } = config;
    if (database.embedded) {
      throw new ConfigError([
        "DATABASE_URL or POSTGRES_*: this program needs a real server; npm start brings its own",
      ]);
    }
    await serve(config, databaseUrl(config), waitForSignal());
  });
}

/** The address of the configured server. */
export function databaseUrl({ database }: Config, port = database.port): string {
  if (database.url) return database.url;
  const { user, password, host, name } = database;
  return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(name)}`;
}
