import type { Hono } from "hono";
import type { Tenant } from "../core/tenant.ts";
import type { HttpEnv, RequestInfo } from "../rest/env.ts";

/** The GraphQL door over HTTP: finds its tenant itself, answers errors in its own shape, and tells of both. */
export type GraphqlFetch = (
  request: Request,
  info: RequestInfo & {
    readonly requestId: string;
    /** Called with the tenant once it was found, and with the page's origin if that may read the answer. */
    readonly onTenant: (tenant: Tenant, origin: string | undefined) => void;
    /** Called with the end of an answer that is streamed. */
    readonly onStream: (ended: Promise<void>) => void;
  },
) => Response | Promise<Response>;

/** GET and POST /graphql */
export function addGraphql(app: Hono<HttpEnv>, fetch: GraphqlFetch): void {
  app.on(["GET", "POST"], "/graphql", (c) =>
    fetch(c.req.raw, {
      ...c.env,
      requestId: c.var.requestId,
      onTenant(tenant, origin) {
        c.set("tenant", tenant);
        c.set("corsOrigin", origin);
      },
      onStream: (ended) => c.set("streamEnd", ended),
    }),
  );
}
