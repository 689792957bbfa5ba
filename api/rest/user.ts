import { z } from "@hono/zod-openapi";
import type { User } from "../core/access/user.ts";

export const roleField = z.enum(["member", "admin"]);
export const statusField = z
  .enum(["active", "blocked"])
  .openapi({ description: "`blocked`: refused at every door" });

/** A person whom the tenant knows. */
export const userSchema = z
  .object({
    id: z.string().openapi({ example: "user_3f8q…" }),
    external_id: z.string().openapi({ description: "The host site's own id" }),
    name: z.string().nullable(),
    email: z.string().nullable(),
    role: roleField,
    status: statusField,
    created_at: z.iso.datetime(),
  })
  .openapi("User");

export function wireUser(user: User): z.infer<typeof userSchema> {
  return {
    id: user.id,
    external_id: user.externalId,
    name: user.name,
    email: user.email,
    role: user.role,
    status: user.status,
    created_at: user.createdAt.toISOString(),
  };
}
