import { createRoute, z } from "@hono/zod-openapi";
import type { Rest, RestDeps } from "./deps.ts";
import { noSecurity, noStore } from "./operation.ts";

const contentType = "text/plain; version=0.0.4; charset=utf-8";

/** GET /metrics */
export function addMetrics(rest: Rest, deps: RestDeps): void {
  const metrics = createRoute({
    method: "get",
    path: "/metrics",
    security: noSecurity,
    tags: ["health"],
    summary: "What Prometheus reads",
    responses: {
      200: { description: "The metrics", content: { "text/plain": { schema: z.string() } } },
    },
  });
  rest.openapi(metrics, async (c) => {
    const text = await deps.printMetrics();
    return c.text(text, 200, { ...noStore, "Content-Type": contentType });
  });
}
