import { AppError, toAppError } from "../core/errors.ts";
import { checkOrigin, countOperation, identify, openShownTenant } from "./admit.ts";
import { maxAdminBodyBytes, maxBodyBytes, readRequest } from "./body.ts";
import type { GraphqlContext } from "./context.ts";
import { readHeaders, toRequestId } from "./credentials.ts";
import { formatErrors, toGraphqlError, type PresentError } from "./error.ts";
import { wantsGraphiql } from "./graphiql.ts";
import { createLoaders } from "./loaders.ts";
import {
  findClosure,
  restartError,
  type DoorDeps,
  type Graphql,
  type GraphqlRequestInfo,
} from "./deps.ts";
import { createVisitor } from "./visitor.ts";
import { watchStream } from "./watch-stream.ts";
import type { Engine } from "./yoga.ts";

/** Nginx's own status for a caller who didn't wait; nobody reads it but the log. */
const callerLeft = 499;

const notAcceptable =
  "Queries and mutations are answered as JSON, subscriptions as text/event-stream";

/** Queries and mutations by POST, queries by GET too, and subscriptions as server-sent events by both. */
export function createHttpHandler(
  deps: DoorDeps,
  engine: Engine,
  present: PresentError,
  showGraphiql: (request: Request) => Promise<Response>,
): Graphql["fetch"] {
  async function answer(
    request: Request,
    info: GraphqlRequestInfo,
    requestId: string,
    headers: Headers,
  ): Promise<Response> {
    const context = await admit(deps, request, info, requestId, headers);
    const limit = context.isAdmin ? maxAdminBodyBytes : maxBodyBytes;
    const response = await engine.fetch(await readRequest(request, limit), context);
    if (response.status === 406) throw new AppError("NOT_ACCEPTABLE", notAcceptable);
    return response;
  }

  return async (request, info) => {
    if (wantsGraphiql(request)) return showGraphiql(request);
    const requestId = toRequestId(info.requestId);
    const headers = new Headers({ "Cache-Control": "no-store" });
    let response: Response;
    try {
      response = await answer(request, info, requestId, headers);
    } catch (error) {
      if (request.signal.aborted) return new Response(null, { status: callerLeft });
      response = refuse(error, request, requestId, present);
    }
    for (const [name, value] of headers) response.headers.set(name, value);
    return isStream(response) ? streamOut(response, deps, info) : response;
  };
}

/** Finds tenant and caller, and counts the request. @throws AppError */
async function admit(
  deps: DoorDeps,
  request: Request,
  info: GraphqlRequestInfo,
  requestId: string,
  headers: Headers,
): Promise<GraphqlContext> {
  const shown = readHeaders((name) => request.headers.get(name));
  const tenant = await openShownTenant(deps, shown);
  const origin = request.headers.get("origin") ?? undefined;
  info.onTenant?.(tenant, undefined);
  checkOrigin(deps, tenant, origin, new URL(request.url).host);
  info.onTenant?.(tenant, origin);
  const count = () => countOperation(deps, tenant, headers);
  const { caller, isAdmin } = await identify(deps, tenant, shown, count);
  return {
    services: deps,
    caller,
    isAdmin,
    visitor: createVisitor(deps.gate.visitorTokens, caller),
    requestId,
    loaded: { loaders: createLoaders(deps.reader.chats, tenant) },
    openLifetime() {
      const closed = deps.tenantSignals.signalOf(tenant.id);
      const signal = AbortSignal.any([request.signal, deps.stopping, closed]);
      return {
        signal,
        findClosure: () => findClosure(deps, closed),
        draining: deps.draining,
        pause: () => Promise.reject(restartError()),
      };
    },
  };
}

/** A request that never became an operation. */
function refuse(
  cause: unknown,
  request: Request,
  requestId: string,
  present: PresentError,
): Response {
  const error = toAppError(cause);
  const shown =
    error.status < 500 ? toGraphqlError(error) : present(cause, { request_id: requestId });
  const mediaType = "application/graphql-response+json";
  const takesIt = request.headers.get("accept")?.includes(mediaType);
  const headers = new Headers({
    "Content-Type": `${takesIt ? mediaType : "application/json"}; charset=utf-8`,
  });
  if (error.retryAfter !== undefined) headers.set("Retry-After", String(error.retryAfter));
  if (error.status === 401) headers.set("WWW-Authenticate", "Bearer");
  const body = JSON.stringify({ errors: formatErrors([shown]) });
  return new Response(body, { status: error.status, headers });
}

function isStream({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

function streamOut(response: Response, deps: DoorDeps, info: GraphqlRequestInfo): Response {
  const { headers, status, body: source } = response;
  // Yoga names an encoding that isn't one; connections are not its business.
  for (const name of ["Content-Encoding", "Connection"]) headers.delete(name);
  // Said to nginx, which would else hold the events back.
  headers.set("X-Accel-Buffering", "no");
  if (!source) return response;
  const { body, ended } = watchStream(source, deps.clock, () => info.cut?.());
  info.onStream?.(ended);
  return new Response(body, { status, headers });
}
