import { AppError } from "../core/errors.ts";
import type { GateDeps } from "../core/access/gate.ts";
import { readPage } from "../rest/credentials.ts";
import type { HttpContext, HttpStep } from "../rest/env.ts";

export interface CorsDeps {
  readonly gate: Pick<GateDeps, "origins" | "ownOrigin" | "tenants">;
  /** CORS_ALLOW_CREDENTIALS. */
  readonly allowCredentials: boolean;
}

const methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const requestHeaders = [
  "Content-Type",
  "Authorization",
  "X-Tenant-ID",
  "X-API-Key",
  "X-Visitor-Token",
  "X-Admin-Token",
  "X-Client-ID",
  "X-Request-ID",
  "Idempotency-Key",
  "Last-Event-ID",
  "Prefer",
  "Accept",
].join(", ");
const exposedHeaders = [
  "X-Request-ID",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
  "Retry-After",
  "Location",
  "Preference-Applied",
  "X-Erasure-Receipt",
].join(", ");
/** Seconds for which a browser may keep the answer to a preflight. */
const maxAge = "600";

/**
 * Lets pages read answers, always under their own origin's name. A preflight can't name a tenant and
 * is held against all origins that anyone allows; the request itself is then held against its tenant
 * when that is admitted, and where it has none, against CORS_ORIGINS.
 */
export function createCors({ gate, allowCredentials }: CorsDeps): HttpStep {
  function permit(headers: Headers, origin: string): void {
    headers.set("Access-Control-Allow-Origin", origin);
    if (allowCredentials) headers.set("Access-Control-Allow-Credentials", "true");
  }

  async function answerPreflight(c: HttpContext, origin: string): Promise<Response> {
    c.header("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    const isKnown =
      origin === readPage(c).own ||
      gate.origins.includes(origin) ||
      (await gate.tenants.allowedOrigins()).has(origin);
    if (!isKnown)
      throw new AppError("ORIGIN_NOT_ALLOWED", "Pages of this origin may not call here");
    const response = c.body(null, 204);
    permit(response.headers, origin);
    response.headers.set("Access-Control-Allow-Methods", methods);
    response.headers.set("Access-Control-Allow-Headers", requestHeaders);
    response.headers.set("Access-Control-Max-Age", maxAge);
    return response;
  }

  return async (c, next) => {
    c.set("ownOrigin", gate.ownOrigin);
    const origin = c.req.header("origin");
    const isPreflight =
      c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;
    if (origin !== undefined && isPreflight) return answerPreflight(c, origin);
    c.set(
      "corsOrigin",
      gate.origins.find((known) => known === origin),
    );
    await next();
    const { headers } = c.res;
    if (headers.has("Access-Control-Allow-Origin")) return;
    headers.append("Vary", "Origin");
    if (c.var.corsOrigin === undefined) return;
    permit(headers, c.var.corsOrigin);
    headers.set("Access-Control-Expose-Headers", exposedHeaders);
  };
}
