import { createRoute, z } from "@hono/zod-openapi";
import { deleteUser } from "../core/admin/erasure-admin.ts";
import { listUsers, openUser, updateUser } from "../core/admin/user-admin.ts";
import { erasureSchema, receiptHeader, wireErasure } from "./admin-erasures.ts";
import { readJsonBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { roleField, statusField, userSchema, wireUser } from "./user.ts";
import { pageOf, pageQuery, wirePage } from "./wire.ts";

const updateUserSchema = z
  .strictObject({ role: roleField.optional(), status: statusField.optional() })
  .openapi("UpdateUser");

const common = { tags: ["admin"], ...adminAccess };
const params = z.object({ user_id: z.string() });

/** GET /admin/users, GET, PATCH and DELETE /admin/users/{user_id} */
export function addAdminUsers(rest: Rest, { apiPrefix, admin }: RestDeps): void {
  const path = `${apiPrefix}/admin/users` as const;
  const onePath = `${path}/{user_id}` as const;

  const list = createRoute({
    ...common,
    method: "get",
    path,
    summary: "List the tenant's users, newest first",
    request: { query: pageQuery },
    responses: {
      200: jsonResponse("A page of users", pageOf(userSchema, "UserPage")),
      ...adminErrors("INVALID_REQUEST", "INVALID_CURSOR"),
    },
  });
  rest.openapi(list, async (c) => {
    const { administrator, caller } = c.var;
    const page = await listUsers(admin, administrator, caller.tenant.id, c.req.valid("query"));
    return c.json(wirePage(page, wireUser), 200, noStore);
  });

  const get = createRoute({
    ...common,
    method: "get",
    path: onePath,
    summary: "Get a user",
    request: { params },
    responses: { 200: jsonResponse("The user", userSchema), ...adminErrors("USER_NOT_FOUND") },
  });
  rest.openapi(get, async (c) => {
    const { administrator, caller } = c.var;
    const { user_id: id } = c.req.valid("param");
    return c.json(
      wireUser(await openUser(admin, administrator, caller.tenant.id, id)),
      200,
      noStore,
    );
  });

  const update = createRoute({
    ...common,
    method: "patch",
    path: onePath,
    summary: "Block or unblock a user, or give them a role",
    description:
      "Names and addresses come with the users' tokens. Nobody blocks or demotes themselves.",
    middleware: readJsonBody,
    request: { params, body: jsonBody(updateUserSchema) },
    responses: {
      200: jsonResponse("The user as they are now", userSchema),
      ...adminErrors("INVALID_REQUEST", "INVALID_JSON", "USER_NOT_FOUND"),
    },
  });
  rest.openapi(update, async (c) => {
    const { administrator, caller } = c.var;
    const { user_id: id } = c.req.valid("param");
    const patch = c.req.valid("json");
    const user = await updateUser(admin, administrator, caller.tenant.id, id, patch);
    return c.json(wireUser(user), 200, noStore);
  });

  const remove = createRoute({
    ...common,
    method: "delete",
    path: onePath,
    summary: "Delete a user with their chats",
    description:
      "They are refused from now on, also with tokens that were made before; their chats go in the background. " +
      "Nobody deletes themselves.",
    request: { params },
    responses: {
      202: jsonResponse("The receipt", erasureSchema),
      ...adminErrors("INVALID_REQUEST", "USER_NOT_FOUND"),
    },
  });
  rest.openapi(remove, async (c) => {
    const { administrator, caller } = c.var;
    const { user_id: id } = c.req.valid("param");
    const erasure = await deleteUser(admin, administrator, caller.tenant.id, id);
    c.header(receiptHeader, erasure.id);
    return c.json(wireErasure(erasure), 202, noStore);
  });
}
