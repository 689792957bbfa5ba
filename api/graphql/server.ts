import type { DoorDeps, Graphql, GraphqlDeps } from "./deps.ts";
import { createPresenter } from "./error.ts";
import { createGraphiql } from "./graphiql.ts";
import { createHttpHandler } from "./http.ts";
import { createSocketServer } from "./socket-server.ts";
import { createEngine } from "./yoga.ts";

export function createGraphql(given: GraphqlDeps): Graphql {
  const deps: DoorDeps = { ...given, clock: given.reader.clock };
  const present = createPresenter(deps.logger);
  const engine = createEngine(present);
  const sockets = createSocketServer(deps, engine, present);
  return {
    fetch: createHttpHandler(deps, engine, present, createGraphiql(deps.defaultTenantId)),
    upgrade: sockets.upgrade,
    drain: sockets.drain,
    close: sockets.close,
  };
}
