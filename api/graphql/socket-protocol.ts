import type { IncomingMessage } from "node:http";
import { GraphQLError, type ExecutionArgs } from "graphql";
import { makeServer, type Context, type SubscribePayload } from "graphql-ws";
import { AppError, toAppError } from "../core/errors.ts";
import { openTenant } from "../core/gate.ts";
import type { Tenant } from "../core/tenant.ts";
import { checkOrigin, countOperation, identify, openShownTenant, type Admitted } from "./admit.ts";
import { maxBodyBytes, tooLarge } from "./body.ts";
import type { GraphqlContext } from "./context.ts";
import { readHeaders, readParams, toRequestId } from "./credentials.ts";
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
  tenant: Tenant | undefined;
  admitted?: Admitted & { readonly visitor: Visitor; readonly requestId: string };
}

/** Operations that one connection may have under way. */
export const maxOperations = 50;

type Params = Record<string, unknown>;
type SocketContext = Context<Params, Connection>;

/** @param countOf how many connections a tenant has. */
export function createProtocol(
  deps: DoorDeps,
  engine: Engine,
  present: PresentError,
  countOf: (tenantId: string) => number,
) {
  const prepared = new WeakMap<ExecutionArgs, Enveloped>();

  return makeServer<Params, Connection>({
    onConnect: async ({ extra, connectionParams }) => {
      try {
        await admit(deps, extra, connectionParams, countOf);
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
        if (error instanceof AppError && error.status < 500) {
          const isGone = error.code === "TENANT_NOT_FOUND";
          if (isGone) context.extra.close(closeCodes.tenantNotFound, error.code);
          return [toGraphqlError(error)];
        }
        return [present(error, { tenant_id: context.extra.tenant?.id })];
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

/** @throws AppError */
async function admit(
  deps: DoorDeps,
  connection: Connection,
  params: Params | undefined,
  countOf: (tenantId: string) => number,
): Promise<void> {
  const { headers, url } = connection.request;
  const header = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const query = new URL(url ?? "/", "http://localhost").searchParams;
  const given = readParams(params, readHeaders(header));
  const shown = { ...given, tenantId: given.tenantId ?? (query.get("tenant_id") || undefined) };
  const tenant = await openShownTenant(deps, shown);
  checkOrigin(deps, tenant, headers.origin, headers.host ?? "");
  const admitted = await identify(deps, tenant, shown, () => countOperation(deps, tenant));
  if (countOf(tenant.id) >= tenant.settings.limits.concurrentConnections) {
    throw new AppError("TOO_MANY_CONNECTIONS", "This tenant has no connection left");
  }
  connection.tenant = tenant;
  connection.admitted = {
    ...admitted,
    visitor: createVisitor(deps.gate.visitorTokens, admitted.caller),
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
  if (isTooLarge && !context.isAdmin) throw tooLarge(maxBodyBytes);
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

/** Settings of the tenant may have changed since the connection was opened. */
async function createOperationContext(
  deps: DoorDeps,
  { admitted, left, pause }: Connection,
): Promise<GraphqlContext> {
  if (!admitted) throw new Error("The connection was not admitted");
  const { visitor, requestId, isAdmin } = admitted;
  const tenant = await openTenant(deps.gate.tenants, admitted.caller.tenant.id);
  if (!isAdmin) await countOperation(deps, tenant);
  return {
    services: deps,
    caller: { ...admitted.caller, tenant, visitorId: await visitor.current() },
    isAdmin,
    visitor,
    requestId,
    loaded: { loaders: createLoaders(deps.reader.chats, tenant) },
    openLifetime: () => ({
      signal: left,
      // The connection itself is closed with a code, so that its subscriptions are begun again.
      findClosure: () => undefined,
      draining: deps.draining,
      pause,
    }),
  };
}
