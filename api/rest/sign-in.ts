import { createRoute, z } from "@hono/zod-openapi";
import {
  exchangeToken,
  refreshableMs,
  refreshToken,
  tokenSeconds,
  type NewToken,
} from "../core/access/sign-in.ts";
import { maxExternalIdLength } from "../core/access/user.ts";
import { readJsonBody } from "./body.ts";
import { readCredentials } from "./credentials.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { filled } from "./fields.ts";
import { callerAccess, callerErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { userSchema, wireUser } from "./user.ts";

export const newTokenSchema = z
  .object({
    access_token: z.string(),
    token_type: z.literal("Bearer"),
    expires_in: z.int().openapi({ description: "Seconds" }),
    user: userSchema,
  })
  .openapi("NewToken");

const exchangeSchema = z
  .object({
    user: z.object({
      id: filled().max(maxExternalIdLength).openapi({ description: "The host site's own id" }),
      name: filled().max(200).nullish(),
      email: filled().max(320).nullish(),
    }),
    expires_in: z
      .int()
      .min(tokenSeconds.least)
      .max(tokenSeconds.most)
      .default(tokenSeconds.usual)
      .openapi({ description: "Seconds; a token never outlives the key that made it" }),
  })
  .openapi("ExchangeToken");

const common = { tags: ["auth"], ...callerAccess };

/** POST /auth/token and /auth/refresh */
export function addSignIn(rest: Rest, { apiPrefix, gate, reader, admin }: RestDeps): void {
  const deps = { ...gate, chats: reader.chats, audit: admin.audit };

  const exchange = createRoute({
    ...common,
    method: "post",
    path: `${apiPrefix}/auth/token` as const,
    summary: "Make a token for a user",
    description:
      "For the tenant's server with its secret key, and for the platform's admin. The user is made at first sight; a " +
      "name or an email that is given is kept.",
    middleware: readJsonBody,
    request: { body: jsonBody(exchangeSchema) },
    responses: {
      200: jsonResponse("The token", newTokenSchema),
      ...callerErrors("INVALID_REQUEST", "INVALID_JSON", "USER_NOT_FOUND"),
    },
  });
  rest.openapi(exchange, async (c) => {
    const { user, expires_in } = c.req.valid("json");
    const { id: externalId, name, email } = user;
    const draft = { externalId, name: name ?? undefined, email: email ?? undefined };
    const made = await exchangeToken(deps, c.var.caller, draft, expires_in);
    return c.json(wireToken(made), 200, noStore);
  });

  const refresh = createRoute({
    ...common,
    method: "post",
    path: `${apiPrefix}/auth/refresh` as const,
    summary: "Get a fresh token for one that is still good",
    description: `For a token that this server made, in Authorization; until ${refreshableMs / 3_600_000} hours after it was first asked for.`,
    responses: { 200: jsonResponse("The fresh token", newTokenSchema), ...callerErrors() },
  });
  rest.openapi(refresh, async (c) => {
    const { caller } = c.var;
    const { token } = readCredentials(c, caller.tenant.id);
    return c.json(wireToken(await refreshToken(deps, caller, token)), 200, noStore);
  });
}

function wireToken({ token, expiresIn, user }: NewToken): z.infer<typeof newTokenSchema> {
  return {
    access_token: token,
    token_type: "Bearer",
    expires_in: expiresIn,
    user: wireUser(user),
  };
}
