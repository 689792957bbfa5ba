import { admitCaller } from "../core/access/admit.ts";
import { challengeOf } from "../core/access/credentials.ts";
import { checkOrigin, readPageOrigin } from "../core/access/origins.ts";
import { AppError, toAppError } from "../core/errors.ts";
import type { RequestCount } from "../core/limits/requests.ts";
import { toRequestId } from "../core/request-id.ts";
import { openAdministered, tellCount } from "./admit.ts";
import { maxAdminBodyBytes, maxBodyBytes, readRequest } from "./body.ts";
import type { GraphqlContext } from "./context.ts";
import { readHeaders } from "./credentials.ts";
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
import { createStreamPlace, type StreamPlace } from "./stream-place.ts";
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
    const { context, place } = await admit(deps, request, info, requestId, headers);
    try {
      if (takesEvents(request)) await place.hold();
      const limit = context.caller.admin ? maxAdminBodyBytes : maxBodyBytes;
      const response = await engine.fetch(await readRequest(request, limit), context);
      if (response.status === 406) throw new AppError("NOT_ACCEPTABLE", notAcceptable);
      const isOpen = isStream(response) && request.method !== "HEAD";
      if (isOpen) return streamOut(response, deps, info, place);
      place.close();
      if (isStream(response)) await response.body?.cancel();
      return response;
    } catch (error) {
      place.close();
      throw error;
    }
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
    return response;
  };
}

interface Admitted {
  readonly context: GraphqlContext;
  readonly place: StreamPlace;
}

/** Finds tenant and caller, and counts the request. @throws AppError */
async function admit(
  deps: DoorDeps,
  request: Request,
  info: GraphqlRequestInfo,
  requestId: string,
  headers: Headers,
): Promise<Admitted> {
  const { gate, stopping, draining } = deps;
  const header = (name: string) => request.headers.get(name);
  const page = readPageOrigin(gate.ownOrigin, new URL(request.url).host, header);
  const shown = { ...readHeaders(header), page, address: info.address };
  const tenant = await openAdministered(deps, shown);
  info.onTenant?.(tenant, undefined);
  checkOrigin(gate.origins, tenant, page);
  info.onTenant?.(tenant, page.origin);
  const tell = (count: RequestCount) => tellCount(headers, deps.clock, count);
  const caller = await admitCaller(gate, tenant, shown, tell);
  const place = createStreamPlace(deps.accesses, caller, page);
  const signal = AbortSignal.any([request.signal, stopping, place.signal]);
  const context: GraphqlContext = {
    services: deps,
    caller,
    token: shown.token,
    page,
    visitor: createVisitor(gate.visitorTokens, caller),
    requestId,
    loaded: { loaders: createLoaders(deps.reader.chats, tenant) },
    async openLifetime() {
      const access = await place.hold();
      const findIt = () => findClosure(deps, place);
      const pause = () => Promise.reject(restartError());
      return { access, signal, findClosure: findIt, draining, pause };
    },
  };
  return { context, place };
}

/** Whether the answer is streamed: then it holds its place before anything is done. */
function takesEvents({ headers }: Request): boolean {
  return headers.get("accept")?.includes("text/event-stream") ?? false;
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
  if (error.status === 401) headers.set("WWW-Authenticate", challengeOf(error));
  const body = JSON.stringify({ errors: formatErrors([shown]) });
  return new Response(body, { status: error.status, headers });
}

function isStream({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

function streamOut(
  response: Response,
  deps: DoorDeps,
  info: GraphqlRequestInfo,
  place: StreamPlace,
): Response {
  const { headers, status, body: source } = response;
  // Yoga names an encoding that isn't one; connections are not its business.
  for (const name of ["Content-Encoding", "Connection"]) headers.delete(name);
  // Said to nginx, which would else hold the events back.
  headers.set("X-Accel-Buffering", "no");
  if (!source) throw new Error("An event stream has a body");
  const onFault = (error: unknown) =>
    deps.logger.error({ err: error }, "An event stream broke off");
  const { body, ended } = watchStream(source, deps.clock, () => info.cut?.(), onFault);
  void ended.then(place.close);
  info.onStream?.(ended);
  return new Response(body, { status, headers });
}
