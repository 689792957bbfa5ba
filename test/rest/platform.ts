import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { createMemoryDocuments } from "../../api/adapters/memory/documents.ts";
import { createTextAnalyzer } from "../../api/adapters/text-analysis/analyzer.ts";
import { createMemoryWebSources } from "../../api/adapters/memory/web-sources.ts";
import { sitemapReader } from "../../api/adapters/web/sitemap-reader.ts";
import { publicAddresses } from "../../api/core/web/address.ts";
import { WebFetchError } from "../../api/core/web/web-fetcher.ts";
import { createMemoryJobs } from "../../api/adapters/memory/jobs.ts";
import { createDocumentParser } from "../../api/adapters/documents/parser.ts";
import { createDocumentChanges } from "../../api/core/documents/document-changes.ts";
import type { DocumentParser } from "../../api/core/documents/parsed-document.ts";
import { defaultMaxDocumentBytes } from "../../api/core/documents/upload-document.ts";
import { explainRetrieval } from "../../api/core/retrieval/explain-retrieval.ts";
import { runIngestion } from "../../api/ingestion.ts";
import { createMemoryLimiter } from "../../api/adapters/memory/limiter.ts";
import { createMemoryStore } from "../../api/adapters/memory/store.ts";
import { createMemoryTenants } from "../../api/adapters/memory/tenants.ts";
import type { GateDeps } from "../../api/core/access/gate.ts";
import { createOpenAccesses } from "../../api/core/access/open-accesses.ts";
import type { AddressRange } from "../../api/core/limits/network.ts";
import type { TurnStore } from "../../api/core/turns/turn-store.ts";
import type { Tenant } from "../../api/core/tenant.ts";
import { createTurnLog } from "../../api/core/turns/turn-log.ts";
import { createTurnRunner } from "../../api/core/turns/turn-runner.ts";
import { createGraphql } from "../../api/graphql/server.ts";
import { createClientAddress } from "../../api/http/client-address.ts";
import { createHttp } from "../../api/http.ts";
import { createMetrics } from "../../api/metrics.ts";
import type { RequestInfo } from "../../api/rest/env.ts";
import type { HealthChecks } from "../../api/rest/health.ts";
import { errorSchema } from "../../api/rest/errors.ts";
import { createRest } from "../../api/rest/router.ts";
import { createWsDoor } from "../../api/ws/bind.ts";
import { makeDocsFiles } from "../../api/ws/docs/files.ts";
import { listPaths } from "../../api/ws/paths.ts";
import { chatSchema, messageSchema, newChatSchema, pageOf } from "../../api/rest/wire.ts";
import { openMemoryAccess } from "../support/access.ts";
import { createManualClock } from "../support/clock.ts";
import { createRecordingLogger } from "../support/logger.ts";
import { watchRefusals } from "../support/record/answers.ts";
import { noteAnswer } from "../support/record/parts.ts";
import { makeTenant } from "../support/tenant.ts";
import { createScriptedAnswerer } from "./scripted-answerer.ts";

export interface PlatformOptions {
  /** What every question is answered with at once; left out, the test's scripts answer. */
  readonly pieces?: readonly string[];
  readonly tenants?: readonly Tenant[];
  readonly origins?: readonly string[];
  readonly allowCredentials?: boolean;
  readonly limits?: GateDeps["limits"];
  /** Whose X-Forwarded-For is believed; by default nobody's. */
  readonly trustedProxies?: readonly AddressRange[];
  readonly elementDir?: string;
  readonly defaultTenantId?: string;
  /** In place of the memory's. */
  readonly turns?: Partial<TurnStore>;
  /** In place of the one that reads documents. */
  readonly parser?: DocumentParser;
  readonly maxDocumentBytes?: number;
  /** In place of the one that tests know; undefined: there is no admin. */
  readonly adminToken?: string | undefined;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as bytes, without a media type of its own. */
  readonly body?: string | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
}

export const prefix = "/api/v1";
const lease = { ownTurnsOf: async () => "this process" };
export const adminToken = "the-admin-token-of-tests";

/** All doors on memory, with time in the hands of the test; no port. */
export function createPlatform(options: PlatformOptions = {}) {
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const memory = createMemoryStore(() => new Date(clock.now()), {
    onErase: (erasure) => access.erasures.keep(erasure),
  });
  const store = { ...memory, ...options.turns };
  const tenants = createMemoryTenants(
    options.tenants ?? [makeTenant("demo"), makeTenant("miptech-company")],
  );
  const changes = createDocumentChanges();
  // Time of its own, which stands still: the test's clock shows what the doors wait for, and nothing else.
  const background = createManualClock();
  const jobs = createMemoryJobs({ clock: background });
  const analyzer = createTextAnalyzer();
  const documents = createMemoryDocuments(analyzer, {
    jobs,
    onSend: () => ingestion.wake(),
    onChange: changes.announce,
    onErase: (erasure) => access.erasures.keep(erasure),
  });
  const limiter = createMemoryLimiter(clock);
  const access = openMemoryAccess({
    tenants,
    limiter,
    limits: options.limits ?? { enabled: true, requestsPerMinute: 60, burst: 10 },
    origins: options.origins ?? ["http://localhost:3000"],
    clock,
    logger,
    adminToken: "adminToken" in options ? options.adminToken : adminToken,
  });
  const parser = options.parser ?? createDocumentParser();
  const web = {
    sources: createMemoryWebSources({ jobs, clock: background }),
    addresses: publicAddresses,
    sitemaps: sitemapReader,
    pauseMs: 0,
    fetcher: {
      fetch: () => Promise.reject(new WebFetchError("HOST_NOT_FOUND", "There is no web here")),
    },
  };
  const ingestion = runIngestion({
    web,
    documents,
    changes,
    maxDocumentBytes: options.maxDocumentBytes ?? defaultMaxDocumentBytes,
    tenants,
    ingestions: documents,
    indexer: { indexMissing: async () => undefined },
    embedded: {
      readState: async () => ({ isBehind: false, stale: new Set() }),
      embedBehind: async () => undefined,
    },
    jobs,
    parser,
    vectors: undefined,
    erasures: access.erasures,
    keys: undefined,
    clock: background,
    logger,
    slots: 4,
  });
  const answerer = createScriptedAnswerer(options.pieces);
  const log = createTurnLog();
  const reader = { log, chats: store, clock };
  const metrics = createMetrics(() => log.size);
  const runner = createTurnRunner({
    turns: store,
    budgets: store,
    retriever: { retrieve: async () => ({ passages: [], degraded: [] }) },
    answerer,
    clock,
    logger,
    tokens: { countTokens: (text) => Math.ceil(text.length / 4) },
    reader,
    onEnd: (_job, finish) => metrics.turnEnded(finish),
    onLeft: () => undefined,
  });
  const { gate } = access;
  const accesses = createOpenAccesses({ ...gate, logger });
  const health: { checks: HealthChecks } = { checks: { database: "up", redis: "memory" } };
  const draining = new AbortController();
  const stopping = new AbortController();
  const isDraining = () => draining.signal.aborted;
  const defaultTenantId = options.defaultTenantId ?? "demo";
  const shared = {
    gate,
    accesses,
    start: { chats: store, turns: store, runner, limiter, clock, lease },
    reader,
    documents,
    ingestion: {
      ingestions: documents,
      changes,
      maxDocumentBytes: options.maxDocumentBytes ?? defaultMaxDocumentBytes,
      explain: (tenant: Tenant, question: string, limit: number) =>
        explainRetrieval({ readIndex: documents.readIndex, analyzer }, tenant, question, limit),
    },
    usage: store,
    unanswered: store,
    web,
    admin: access.admin,
    isAdmin: gate.isAdmin,
    logger,
    draining: draining.signal,
    stopping: stopping.signal,
  };
  const counts = { onConnect: metrics.connectionOpened, onDisconnect: metrics.connectionClosed };
  const clientAddress = createClientAddress(options.trustedProxies ?? []);
  const addressOf = ({ socket, headers }: IncomingMessage) =>
    clientAddress(socket.remoteAddress, headers["x-forwarded-for"]);
  const door = createWsDoor({ ...shared, ...counts, addressOf });
  const graphql = createGraphql({ ...shared, ...counts, addressOf, defaultTenantId });
  const rest = createRest({
    ...shared,
    version: "1.2.3",
    docsFiles: makeDocsFiles({ version: "1.2.3", paths: listPaths(prefix) }),
    apiPrefix: prefix,
    printMetrics: metrics.print,
    elementDir: options.elementDir ?? "/nowhere",
    checkHealth: async () => health.checks,
    isDraining,
  });
  const created = createHttp(
    {
      gate,
      apiPrefix: prefix,
      defaultTenantId,
      allowCredentials: options.allowCredentials ?? true,
      clientAddress,
      clock,
      logger,
      metrics,
      isDraining,
      isClosed: () => false,
    },
    { rest, graphql: graphql.fetch },
  );
  const http = { ...created, fetch: watchRefusals(created.fetch, noteAnswer) };

  async function call(
    path: string,
    { json, headers, body, ...init }: Call = {},
    info: Partial<RequestInfo> = {},
  ) {
    const request = new Request(new URL(path, "http://localhost:8000"), {
      method: json === undefined ? "GET" : "POST",
      ...init,
      headers: {
        ...(json === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body:
        typeof body === "string"
          ? Buffer.from(body)
          : (body ?? (json === undefined ? null : JSON.stringify(json))),
      duplex: "half",
    });
    return http.fetch(request, { address: "127.0.0.1", ...info });
  }

  /** A new chat, with the token of its visitor. */
  async function makeChat(
    headers: Record<string, string> = {},
  ): Promise<{ id: string; token: string }> {
    const response = await call(`${prefix}/chat`, { json: { title: "A chat" }, headers });
    const { id, visitor_token: token } = await readBody(response, newChatSchema);
    if (!token) throw new Error("A new visitor gets a token");
    return { id, token };
  }

  return {
    call,
    makeChat,
    http,
    door,
    graphql,
    start: shared.start,
    reader,
    clock,
    logger,
    store,
    documents,
    tenants,
    limiter,
    answerer,
    log,
    metrics,
    runner,
    gate,
    /** Makes keys, users and tokens that are good here. */
    access,
    accesses,
    health,
    draining,
    stopping,
  };
}

export type Platform = ReturnType<typeof createPlatform>;

/** A body, held against its documented schema: every field there, and none beside them. */
export async function readBody<Shape extends z.ZodRawShape>(
  response: Response,
  schema: z.ZodObject<Shape>,
): Promise<z.infer<z.ZodObject<Shape>>> {
  return schema.strict().parse(await response.json());
}

export const chatPage = pageOf(chatSchema, "ChatPage");
export const messagePage = pageOf(messageSchema, "MessagePage");

/** The status and the body of an error. */
export async function readError(response: Response) {
  const { error } = await readBody(response, errorSchema);
  return { status: response.status, ...error };
}
