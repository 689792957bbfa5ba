import { createRoute, z } from "@hono/zod-openapi";
import type { ApiKey } from "../core/access/api-key.ts";
import {
  createKey,
  defaultGraceSeconds,
  listKeys,
  maxGraceSeconds,
  revokeKey,
  rotateKey,
  type MadeKey,
} from "../core/admin/key-admin.ts";
import { readJsonBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { pageOf, pageQuery, wirePage } from "./wire.ts";

const timestamp = z.iso.datetime();
const role = z.enum(["publishable", "server", "admin"]).openapi({
  description:
    "`publishable`: stands in pages. `server`: reaches all chats and makes users' tokens. `admin`: administers besides",
});
const origins = z.array(z.string()).openapi({
  description: "Of a publishable key: the only origins it is good from; empty: those of its tenant",
});

export const keySchema = z
  .object({
    id: z.string().openapi({ example: "key_8d2m…" }),
    role,
    name: z.string(),
    prefix: z.string().openapi({ description: "How the key begins", example: "pk_4fT9qPzA" }),
    origins,
    created_at: timestamp,
    expires_at: timestamp.nullable(),
    last_used_at: timestamp.nullable().openapi({ description: "At most a minute behind" }),
  })
  .openapi("ApiKey");

export const madeKeySchema = keySchema
  .extend({ key: z.string().openapi({ description: "The key itself, told this once" }) })
  .openapi("MadeApiKey");

const createKeySchema = z
  .strictObject({
    role,
    name: z.string().openapi({ description: "For people: 1 to 100 characters" }),
    origins: origins.optional(),
    expires_at: z.iso.datetime({ offset: true }).nullish(),
  })
  .openapi("CreateApiKey");

const rotateKeySchema = z
  .strictObject({
    grace_seconds: z
      .number()
      .default(defaultGraceSeconds)
      .openapi({
        description: `How long the old key stays good: 0 to ${maxGraceSeconds}`,
      }),
  })
  .openapi("RotateApiKey");

const common = { tags: ["admin"], ...adminAccess };
const params = z.object({ key_id: z.string() });

/** GET and POST /admin/keys, DELETE /admin/keys/{key_id}, POST /admin/keys/{key_id}/rotate */
export function addAdminKeys(rest: Rest, { apiPrefix, admin }: RestDeps): void {
  const path = `${apiPrefix}/admin/keys` as const;

  const list = createRoute({
    ...common,
    method: "get",
    path,
    summary: "List the keys that are not revoked, newest first",
    request: { query: pageQuery },
    responses: {
      200: jsonResponse("A page of keys", pageOf(keySchema, "ApiKeyPage")),
      ...adminErrors("INVALID_REQUEST", "INVALID_CURSOR"),
    },
  });
  rest.openapi(list, async (c) => {
    const { administrator, caller } = c.var;
    const page = await listKeys(admin, administrator, caller.tenant.id, c.req.valid("query"));
    return c.json(wirePage(page, wireKey), 200, noStore);
  });

  const create = createRoute({
    ...common,
    method: "post",
    path,
    summary: "Make a key",
    middleware: readJsonBody,
    request: { body: jsonBody(createKeySchema) },
    responses: {
      201: jsonResponse("The key, told this once", madeKeySchema),
      ...adminErrors("INVALID_REQUEST", "INVALID_JSON"),
    },
  });
  rest.openapi(create, async (c) => {
    const { administrator, caller } = c.var;
    const { expires_at, ...fields } = c.req.valid("json");
    const draft = { ...fields, expiresAt: expires_at ? new Date(expires_at) : null };
    const made = await createKey(admin, administrator, caller.tenant.id, draft);
    return c.json(wireMadeKey(made), 201, noStore);
  });

  const rotate = createRoute({
    ...common,
    method: "post",
    path: `${path}/{key_id}/rotate` as const,
    summary: "Replace a key by a new one",
    description:
      "The new key has the same role, name, origins and lifetime. The old one stays good for the grace time only.",
    middleware: readJsonBody,
    request: { params, body: { ...jsonBody(rotateKeySchema), required: false } },
    responses: {
      201: jsonResponse("The new key, told this once", madeKeySchema),
      ...adminErrors("INVALID_REQUEST", "INVALID_JSON", "KEY_NOT_FOUND"),
    },
  });
  rest.openapi(rotate, async (c) => {
    const { administrator, caller } = c.var;
    const { key_id: id } = c.req.valid("param");
    const grace = c.req.valid("json").grace_seconds;
    const made = await rotateKey(admin, administrator, caller.tenant.id, id, grace);
    return c.json(wireMadeKey(made), 201, noStore);
  });

  const revoke = createRoute({
    ...common,
    method: "delete",
    path: `${path}/{key_id}` as const,
    summary: "Revoke a key",
    description: "It ends within a second everywhere, and with it the users' tokens that it made.",
    request: { params },
    responses: {
      204: { description: "The key is no good any more" },
      ...adminErrors("KEY_NOT_FOUND"),
    },
  });
  rest.openapi(revoke, async (c) => {
    const { administrator, caller } = c.var;
    await revokeKey(admin, administrator, caller.tenant.id, c.req.valid("param").key_id);
    return c.body(null, 204);
  });
}

function wireKey(key: ApiKey): z.infer<typeof keySchema> {
  return {
    id: key.id,
    role: key.role,
    name: key.name,
    prefix: key.prefix,
    origins: [...key.origins],
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}

function wireMadeKey({ key, secret }: MadeKey): z.infer<typeof madeKeySchema> {
  return { ...wireKey(key), key: secret };
}
