import { createRoute, z } from "@hono/zod-openapi";
import { admitTenant } from "./admit.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { errorResponses } from "./errors.ts";
import { jsonResponse, noSecurity, noStore } from "./operation.ts";

export interface HealthDeps {
  /** Of this program. */
  readonly version: string;
  /** Asks what the platform stands on; soon, and without a throw. */
  readonly checkHealth: () => Promise<HealthChecks>;
  /** True from the moment in which the server takes no new work. */
  readonly isDraining: () => boolean;
}

export interface HealthChecks {
  readonly database: "up" | "down";
  /** `memory`: this process does without Redis. */
  readonly redis: "up" | "down" | "memory";
  /** As the last question found them; left out where documents are searched by their words alone. */
  readonly vectors?: "up" | "down";
}

export const healthSchema = z
  .object({
    status: z.enum(["healthy", "degraded", "unhealthy"]),
    timestamp: z.iso.datetime(),
    version: z.string(),
    checks: z.object({
      database: z.enum(["up", "down"]),
      redis: z.enum(["up", "down", "memory"]),
      vectors: z.enum(["up", "down"]).optional(),
    }),
  })
  .openapi("Health");

export const liveSchema = z
  .object({ status: z.literal("alive"), timestamp: z.iso.datetime() })
  .openapi("Liveness");

const responses = {
  200: jsonResponse(
    "Healthy, or degraded: it answers without Redis, or without vectors",
    healthSchema,
  ),
  503: jsonResponse("Unhealthy: the database is away, or the server goes down", healthSchema),
};

/** GET /health and /health/{live,ready}, of which the first stands under the API's prefix too. */
export function addHealth(rest: Rest, deps: RestDeps): void {
  const { clock } = deps.reader;
  const timestamp = () => new Date(clock.now()).toISOString();

  async function report() {
    const checks = await deps.checkHealth();
    const isDegraded = checks.redis === "down" || checks.vectors === "down";
    const status = checks.database === "down" ? "unhealthy" : isDegraded ? "degraded" : "healthy";
    return { status, timestamp: timestamp(), version: deps.version, checks } as const;
  }

  for (const path of [`${deps.apiPrefix}/health`, "/health"]) {
    const health = createRoute({
      method: "get",
      path,
      tags: ["health"],
      security: noSecurity,
      summary: "How the platform is; with X-Tenant-ID, whether that tenant may be used too",
      responses: {
        ...responses,
        ...errorResponses("TENANT_NOT_FOUND", "ORIGIN_NOT_ALLOWED", "RATE_LIMIT_EXCEEDED"),
      },
    });
    rest.openapi(health, async (c) => {
      const health = await report();
      if (health.status === "unhealthy") return c.json(health, 503, noStore);
      const tenantId = c.req.header("x-tenant-id");
      if (tenantId) await admitTenant(c, deps.gate, tenantId);
      return c.json(health, 200, noStore);
    });
  }

  const live = createRoute({
    method: "get",
    path: "/health/live",
    tags: ["health"],
    security: noSecurity,
    summary: "Whether the process is alive, whatever it stands on",
    responses: { 200: jsonResponse("It is", liveSchema) },
  });
  rest.openapi(live, (c) =>
    c.json({ status: "alive" as const, timestamp: timestamp() }, 200, noStore),
  );

  const ready = createRoute({
    method: "get",
    path: "/health/ready",
    tags: ["health"],
    security: noSecurity,
    summary: "Whether requests should be sent here",
    responses,
  });
  rest.openapi(ready, async (c) => {
    const health = await report();
    if (deps.isDraining()) return c.json({ ...health, status: "unhealthy" as const }, 503, noStore);
    return c.json(health, health.status === "unhealthy" ? 503 : 200, noStore);
  });
}
