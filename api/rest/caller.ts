import { createRoute, z } from "@hono/zod-openapi";
import { claimChats, describeCaller, giveTicket, ticketSeconds } from "../core/access/sign-in.ts";
import { readJsonBody } from "./body.ts";
import { readPage } from "./credentials.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { callerAccess, callerErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { userSchema, wireUser } from "./user.ts";

export const callerSchema = z
  .object({
    tenant_id: z.string(),
    kind: z.enum(["anonymous", "visitor", "user", "key", "admin"]).openapi({
      description:
        "`key`: a secret one, or a publishable one without a visitor. `admin`: the platform's",
    }),
    visitor_id: z.string().nullable(),
    user: userSchema.nullable(),
    key: z
      .object({
        id: z.string(),
        name: z.string(),
        prefix: z.string(),
        role: z.enum(["publishable", "server", "admin"]),
      })
      .nullable()
      .openapi({ description: "The key that was shown" }),
    admin: z
      .enum(["platform", "tenant"])
      .nullable()
      .openapi({ description: "What the caller may administer: every tenant, or this one" }),
    expires_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: "When the first of what was shown expires" }),
  })
  .openapi("Caller");

export const ticketSchema = z
  .object({ ticket: z.string(), expires_in: z.int().openapi({ description: "Seconds" }) })
  .openapi("Ticket");

export const claimedSchema = z
  .object({ claimed: z.int().openapi({ description: "How many chats" }) })
  .openapi("ClaimedChats");

const claimSchema = z.object({ visitor_token: z.string().min(1).max(8192) }).openapi("ClaimChats");

const common = { tags: ["auth"], ...callerAccess };

/** GET /auth/me, POST /auth/ticket and POST /auth/claim */
export function addCaller(rest: Rest, { apiPrefix, gate, reader, admin }: RestDeps): void {
  const deps = { ...gate, chats: reader.chats, audit: admin.audit };

  const me = createRoute({
    ...common,
    method: "get",
    path: `${apiPrefix}/auth/me` as const,
    summary: "What the server takes the caller for",
    responses: { 200: jsonResponse("The caller", callerSchema), ...callerErrors() },
  });
  rest.openapi(me, (c) => {
    const { tenantId, kind, visitorId, user, key, admin, expiresAt } = describeCaller(c.var.caller);
    const shown = {
      tenant_id: tenantId,
      kind,
      visitor_id: visitorId,
      user: user && wireUser(user),
      key: key && { id: key.id, name: key.name, prefix: key.prefix, role: key.role },
      admin,
      expires_at: expiresAt?.toISOString() ?? null,
    };
    return c.json(shown, 200, noStore);
  });

  const ticket = createRoute({
    ...common,
    method: "post",
    path: `${apiPrefix}/auth/ticket` as const,
    summary: "Get a ticket for a WebSocket",
    description: `It stands for what is shown here, so that no token need be put into an address. It is good once, within ${ticketSeconds} seconds, for a page of the same origin.`,
    responses: {
      200: jsonResponse("The ticket", ticketSchema),
      ...callerErrors("INVALID_REQUEST"),
    },
  });
  rest.openapi(ticket, async (c) => {
    const made = await giveTicket(deps, c.var.caller, readPage(c));
    return c.json({ ticket: made.ticket, expires_in: made.expiresIn }, 200, noStore);
  });

  const claim = createRoute({
    ...common,
    method: "post",
    path: `${apiPrefix}/auth/claim` as const,
    summary: "Make a visitor's chats the user's",
    description: "For a user who was a visitor before: from then on the chats need the user.",
    middleware: readJsonBody,
    request: { body: jsonBody(claimSchema) },
    responses: {
      200: jsonResponse("The chats are the user's", claimedSchema),
      ...callerErrors("INVALID_REQUEST", "INVALID_JSON"),
    },
  });
  rest.openapi(claim, async (c) => {
    const { visitor_token } = c.req.valid("json");
    return c.json({ claimed: await claimChats(deps, c.var.caller, visitor_token) }, 200, noStore);
  });
}
