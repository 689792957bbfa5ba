import type { IncomingMessage } from "node:http";
import { GraphQLError, type ExecutionArgs } from "graphql";
import { makeServer, type Context, type SubscribePayload } from "graphql-ws";
import { admitCaller, countCaller } from "../core/access/admit.ts";
import type { OpenAccess } from "../core/access/open-accesses.ts";
import { readPageOrigin, type PageOrigin } from "../core/access/origins.ts";
import { AppError, toAppError } from "../core/errors.ts";
import { toRequestId } from "../core/request-id.ts";
import { openShownTenant } from "./admit.ts";
import { maxBodyBytes, tooLarge } from "./body.ts";
import type { GraphqlContext } from "./context.ts";
import { readHeaders, readParams } from "./credentials.ts";
import { formatErrors, toGraphqlError, type PresentError } from "./error.ts";
import { createLoaders } from "./loaders.ts";
import type { DoorDeps } from "./deps.ts";
import { closeCodes } from "./socket.ts";
import { createVisitor, type Visitor } from "./visitor.ts";
import type { Engine } from "./yoga.ts";

/** One WebSocket, as the protocol sees it. */
export interface Connection {
  readonly request: IncomingMessage;
  readonly close: (code: number, reason: string) => void;
  /** Aborts when it has closed. */
  readonly left: AbortSignal;
  /** For an operation that has paused while the server drains: ends when `left` aborts. */
  readonly pause: (left: AbortSignal) => Promise<void>;
  /** Once it was admitted. */
  admitted?: Admitted;
}

interface Admitted {
  readonly access: OpenAccess;
  readonly page: PageOrigin;
  readonly token: string | undefined;
  readonly visitor: Visitor;
  readonly requestId: string;
}

/** How long a connection may take to say who it is. Milliseconds. */
export const initWaitMs = 5000;

/** Operations that one connection may have under way. */
export const maxOperations = 50;

type Params = Record<string, unknown>;
type SocketContext = Context<Params, Connection>;

export function createProtocol(deps: DoorDeps, engine: Engine, present: PresentError) {
  const prepared = new WeakMap<ExecutionArgs, Enveloped>();

  return makeServer<Params, Connection>({
    connectionInitWaitTimeout: initWaitMs,
    onConnect: async ({ extra, connectionParams }) => {
      try {
        await admit(deps, extra, connectionParams);
        return true;
      } catch (cause) {
        const error = toAppError(cause);
        if (error.status >= 500) deps.logger.error({ err: cause }, "A connection was not admitted");
        extra.close(closeCodeOf(error), error.code);
        return false;
      }
    },
    onSubscribe: async (context, _id, payload) => {
      try {
        const enveloped = await envelop(deps, engine, context, payload);
        const args = await prepare(enveloped, payload);
        if (!Array.isArray(args)) prepared.set(args, enveloped);
        return args;
      } catch (error) {
        if (error instanceof AppError && error.status < 500) return [toGraphqlError(error)];
        return [present(error, { tenant_id: tenantIdOf(context.extra) })];
      }
    },
    execute: (args) => prepared.get(args)?.execute(args) ?? notPrepared(),
    subscribe: (args) => prepared.get(args)?.subscribe(args) ?? notPrepared(),
    onError: (_context, _id, _payload, errors) => formatErrors(errors),
    onNext: (_context, _id, _payload, _args, { data, errors }) =>
      errors && { ...(data === undefined ? {} : { data }), errors: formatErrors(errors) },
  });
}

/**
 * How a connection is refused: as the raw door does, but with a code that the clients of this protocol
 * take for "later" where later is meant; 4429 would tell them never to come back.
 */
export function closeCodeOf(error: AppError): number {
  return error.status === 429 || error.status >= 500 ? closeCodes.tryAgainLater : error.closeCode;
}

/** How a connection ends that was good before: clients that are told 4401 never come back with a fresh token. */
function endCodeOf(reason: AppError): number {
  return reason.status === 401 ? closeCodes.forbidden : closeCodeOf(reason);
}

export function tenantIdOf({ admitted }: Connection): string | undefined {
  return admitted?.access.caller.tenant.id;
}

/** Proves and counts the caller, and holds a place for the connection. @throws AppError */
async function admit(
  deps: DoorDeps,
  connection: Connection,
  params: Params | undefined,
): Promise<void> {
  const { request, close, left } = connection;
  const { headers, url = "" } = request;
  const header = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  // Never a URL: the error for a wrong one would quote it.
  const query = new URLSearchParams(url.slice(url.indexOf("?") + 1));
  const given = readParams(params, readHeaders(header));
  const page = readPageOrigin(deps.gate.ownOrigin, headers.host ?? "", header);
  const tenantId = given.tenantId ?? (query.get("tenant_id") || undefined);
  const shown = { ...given, tenantId, page, address: deps.addressOf(request) };
  const caller = await admitCaller(deps.gate, await openShownTenant(deps, shown), shown);
  const access = await deps.accesses.open(caller, page, (reason) =>
    close(endCodeOf(reason), reason.code),
  );
  if (left.aborted) return access.close();
  left.addEventListener("abort", access.close, { once: true });
  connection.admitted = {
    access,
    page,
    token: shown.token,
    visitor: createVisitor(deps.gate.visitorTokens, caller),
    requestId: toRequestId(header("x-request-id")),
  };
}

type Enveloped = ReturnType<Engine["getEnveloped"]>;

function notPrepared(): never {
  throw new Error("These arguments were not prepared");
}

/** Counts one operation, and gives the engine's functions for it. @throws AppError */
async function envelop(
  deps: DoorDeps,
  engine: Engine,
  { extra, subscriptions }: SocketContext,
  payload: SubscribePayload,
): Promise<Enveloped> {
  const isFull = Object.keys(subscriptions).length > maxOperations;
  const context = await createOperationContext(deps, extra);
  if (isFull) {
    const text = `One connection has at most ${maxOperations} operations under way`;
    throw new AppError("TOO_MANY_CONNECTIONS", text);
  }
  const isTooLarge = Buffer.byteLength(JSON.stringify(payload)) > maxBodyBytes;
  if (isTooLarge && !context.caller.admin) throw tooLarge(maxBodyBytes);
  const { query, operationName, variables } = payload;
  return engine.getEnveloped({ ...context, params: { query, operationName, variables } });
}

/** Parses and validates; the errors where it is not valid. @throws GraphQLError */
async function prepare(
  { schema, parse, validate, contextFactory }: Enveloped,
  { query, operationName, variables }: SubscribePayload,
): Promise<ExecutionArgs | GraphQLError[]> {
  const document = parse(query);
  const errors = validate(schema, document);
  if (errors.length > 0) return [...errors];
  return {
    schema,
    document,
    contextValue: await contextFactory(),
    operationName: operationName ?? null,
    variableValues: variables ?? null,
  };
}

/** The caller may have changed since the connection was opened, and so may the tenant's settings. */
async function createOperationContext(
  deps: DoorDeps,
  { admitted, left, pause }: Connection,
): Promise<GraphqlContext> {
  if (!admitted) throw new Error("The connection was not admitted");
  const { access, visitor, requestId, page, token } = admitted;
  /** A visitor that the connection made of its caller is theirs from then on. */
  const look = async () => ({ ...(await access.look()), visitorId: await visitor.current() });
  const caller = await look();
  await countCaller(deps.gate, caller);
  return {
    services: deps,
    caller,
    token,
    page,
    visitor,
    requestId,
    loaded: { loaders: createLoaders(deps.reader.chats, caller.tenant) },
    openLifetime: async () => ({
      access: { caller, look },
      signal: left,
      // The connection itself is closed with a code, so that its subscriptions are begun again.
      findClosure: () => undefined,
      draining: deps.draining,
      pause,
    }),
  };
}
