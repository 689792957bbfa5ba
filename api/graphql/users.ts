import type { User as UserShape } from "../core/access/user.ts";
import { administratorOf } from "../core/admin/administrator.ts";
import { listUsers, openUser, updateUser } from "../core/admin/user-admin.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";
import { UserRole, UserStatus } from "./enums.ts";
import { User } from "./user.ts";

const UserConnection = builder.connectionObject(
  { type: User, name: "UserConnection" },
  { name: "UserEdge" },
);

builder.queryFields((t) => ({
  users: t.field({
    type: UserConnection,
    nullable: true,
    description: "The tenant's, newest first. For admins.",
    args: pageArgs,
    complexity: costOfPage,
    async resolve(_root, args, { services, caller }) {
      const [admin, page] = [administratorOf(caller), toPageRequest(args)];
      return toConnection(await listUsers(services.admin, admin, caller.tenant.id, page), args);
    },
  }),
  user: t.field({
    type: User,
    nullable: true,
    complexity: 2,
    description: "For admins.",
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { services, caller }) =>
      openUser(services.admin, administratorOf(caller), caller.tenant.id, id),
  }),
}));

const UpdateUserInput = builder.inputType("UpdateUserInput", {
  fields: (t) => ({
    id: t.id({ required: true }),
    role: t.field({ type: UserRole }),
    status: t.field({ type: UserStatus }),
  }),
});

const UpdateUserPayload = builder
  .objectRef<{ readonly user: UserShape }>("UpdateUserPayload")
  .implement({ fields: (t) => ({ user: t.field({ type: User, resolve: ({ user }) => user }) }) });

builder.mutationField("updateUser", (t) =>
  t.field({
    type: UpdateUserPayload,
    nullable: true,
    complexity: 10,
    description:
      "Blocks or unblocks a user, or gives them a role. Nobody blocks or demotes themselves. For admins.",
    args: { input: t.arg({ type: UpdateUserInput, required: true }) },
    async resolve(_root, { input: { id, ...patch } }, { services, caller }) {
      const admin = administratorOf(caller);
      return { user: await updateUser(services.admin, admin, caller.tenant.id, id, patch) };
    },
  }),
);
