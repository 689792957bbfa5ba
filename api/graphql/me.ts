import { describeCaller, type CallerDescription } from "../core/access/sign-in.ts";
import { builder } from "./builder.ts";
import { KeyRole } from "./enums.ts";
import { User } from "./user.ts";

const CallerKind = builder.enumType("CallerKind", {
  values: {
    ANONYMOUS: { value: "anonymous" },
    VISITOR: { value: "visitor", description: "Known by a signed token, without an account." },
    USER: { value: "user" },
    KEY: { value: "key", description: "A secret key, or a publishable one without a visitor." },
    ADMIN: { value: "admin", description: "The platform's admin." },
  } as const,
});

const AdminScope = builder.enumType("AdminScope", {
  values: {
    PLATFORM: { value: "platform", description: "Every tenant." },
    TENANT: { value: "tenant", description: "This one." },
  } as const,
});

const CallerKey = builder.objectRef<NonNullable<CallerDescription["key"]>>("CallerKey").implement({
  description: "The key that was shown.",
  fields: (t) => ({
    id: t.exposeID("id"),
    name: t.exposeString("name"),
    prefix: t.exposeString("prefix", { description: "Its first characters." }),
    role: t.field({ type: KeyRole, resolve: ({ role }) => role }),
  }),
});

const Caller = builder.objectRef<CallerDescription>("Caller").implement({
  description: "Whoever a request is from.",
  fields: (t) => ({
    tenantId: t.exposeID("tenantId"),
    kind: t.field({ type: CallerKind, resolve: ({ kind }) => kind }),
    visitorId: t.exposeID("visitorId", { nullable: true }),
    user: t.field({ type: User, nullable: true, resolve: ({ user }) => user }),
    key: t.field({ type: CallerKey, nullable: true, resolve: ({ key }) => key }),
    admin: t.field({
      type: AdminScope,
      nullable: true,
      description: "What the caller may administer.",
      resolve: ({ admin }) => admin,
    }),
    expiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When the first of what was shown expires.",
      resolve: ({ expiresAt }) => expiresAt,
    }),
  }),
});

builder.queryField("me", (t) =>
  t.field({
    type: Caller,
    description: "What the server takes the caller for.",
    resolve: (_root, _args, { caller }) => describeCaller(caller),
  }),
);
