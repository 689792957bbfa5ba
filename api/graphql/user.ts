import type { User as UserShape } from "../core/access/user.ts";
import { builder } from "./builder.ts";
import { UserRole, UserStatus } from "./enums.ts";

export const User = builder.objectRef<UserShape>("User").implement({
  description: "A person whom the tenant knows.",
  fields: (t) => ({
    id: t.exposeID("id"),
    externalId: t.exposeString("externalId", { description: "The host site's own id." }),
    name: t.exposeString("name", { nullable: true }),
    email: t.exposeString("email", { nullable: true }),
    role: t.field({ type: UserRole, resolve: ({ role }) => role }),
    status: t.field({ type: UserStatus, resolve: ({ status }) => status }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
  }),
});
