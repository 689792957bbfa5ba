import { matchedRoutes } from "hono/route";
import type { Clock, Logger } from "../core/ports.ts";
import type { Metrics } from "../metrics.ts";
import type { HttpContext, HttpStep } from "../rest/env.ts";

export interface MonitorDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "requestEnded">;
}

/** Logs and measures each request once, a streamed one when its stream is over. */
export function createMonitor({ clock, logger, metrics }: MonitorDeps): HttpStep {
  return async (c, next) => {
    const since = clock.now();
    await next();
    const { method } = c.req;
    const { status } = c.res;
    const route = routeOf(c);
    const { requestId, tenant, streamEnd } = c.var;

    function record(): void {
      const duration = clock.now() - since;
      metrics.requestEnded({ method, route, status, seconds: duration / 1000 });
      const fields = {
        request_id: requestId,
        tenant_id: tenant?.id,
        method,
        route,
        status,
        duration_ms: duration,
      };
      // Probes come every few seconds, and say nothing as long as all is well.
      const level = isProbe(route) && status < 400 ? "debug" : "info";
      logger[level](fields, "Request");
    }
    if (streamEnd) void streamEnd.then(record);
    else record();
  };
}

/** @param route a path, or the pattern of one. */
export function isProbe(route: string): boolean {
  return /\/(?:health(?:\/live|\/ready)?|metrics)$/.test(route);
}

/** The pattern of the handler, so that neither ids nor query strings, where tokens could be, are kept. */
export function routeOf(c: HttpContext): string {
  const handler = matchedRoutes(c).findLast((route) => route.method !== "ALL");
  return handler?.path ?? "unmatched";
}
