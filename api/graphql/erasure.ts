import { administratorOf } from "../core/admin/administrator.ts";
import {
  deleteTenant,
  deleteUser,
  listErasures,
  openErasure,
  recheckErasure,
} from "../core/admin/erasure-admin.ts";
import type { ErasureCheck as CheckShape } from "../core/erasure/check-erasure.ts";
import type {
  Erasure as ErasureShape,
  ErasureActor as ActorShape,
} from "../core/erasure/erasure.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";

const ErasureKind = builder.enumType("ErasureKind", {
  values: {
    DOCUMENT: { value: "document" },
    CHAT: { value: "chat" },
    USER: { value: "user" },
    TENANT: { value: "tenant" },
  } as const,
});

const ErasureState = builder.enumType("ErasureState", {
  values: {
    PENDING: { value: "pending" },
    COMPLETE: { value: "complete" },
    FAILED: {
      value: "failed",
      description:
        "An hour of attempts wasn't enough: it is tried again, at last once a day. Nothing is served of it all the same.",
    },
  } as const,
});

const ErasureResult = builder.enumType("ErasureResult", {
  values: {
    CLEAN: { value: "clean" },
    LEFTOVERS: { value: "leftovers" },
    PENDING: { value: "pending", description: "The deletion isn't finished." },
    REPLACED: {
      value: "replaced",
      description: "A tenant of the same id was made since: nobody can tell.",
    },
  } as const,
});

const ErasureActorKind = builder.enumType("ErasureActorKind", {
  values: {
    PLATFORM: { value: "platform" },
    KEY: { value: "key" },
    USER: { value: "user" },
    VISITOR: { value: "visitor" },
  } as const,
});

const ErasureActor = builder.objectRef<ActorShape>("ErasureActor").implement({
  description: "Who asked for a deletion.",
  fields: (t) => ({
    kind: t.field({ type: ErasureActorKind, resolve: ({ kind }) => kind }),
    id: t.exposeID("id", { nullable: true }),
    address: t.exposeString("address"),
  }),
});

const Erasure = builder.objectRef<ErasureShape>("Erasure").implement({
  description: "The receipt of a deletion.",
  fields: (t) => ({
    id: t.exposeID("id"),
    tenantId: t.exposeID("tenantId"),
    kind: t.field({ type: ErasureKind, resolve: ({ kind }) => kind }),
    subjectId: t.exposeID("subjectId", { description: "Of what was deleted." }),
    actor: t.field({ type: ErasureActor, resolve: ({ actor }) => actor }),
    requestedAt: t.field({ type: "DateTime", resolve: ({ requestedAt }) => requestedAt }),
    finishedAt: t.field({
      type: "DateTime",
      nullable: true,
      resolve: ({ finishedAt }) => finishedAt,
    }),
    state: t.field({ type: ErasureState, resolve: ({ state }) => state }),
    waitsFor: t.string({
      nullable: true,
      description: "What is in its way.",
      resolve: ({ trail }) => trail.waitsFor,
    }),
    counts: t.field({
      type: "JSON",
      description: "How much was removed, by its place.",
      resolve: ({ counts }) => counts,
    }),
  }),
});

const ErasureCheck = builder.objectRef<CheckShape>("ErasureCheck").implement({
  description: "What a second look has found.",
  fields: (t) => ({
    checkedAt: t.field({ type: "DateTime", resolve: ({ checkedAt }) => checkedAt }),
    result: t.field({ type: ErasureResult, resolve: ({ result }) => result }),
    leftovers: t.field({
      type: "JSON",
      description: "How much is left, by its place.",
      resolve: ({ leftovers }) => leftovers,
    }),
  }),
});

const ErasureConnection = builder.connectionObject(
  { type: Erasure, name: "ErasureConnection" },
  { name: "ErasureEdge" },
);

builder.queryFields((t) => ({
  erasures: t.field({
    type: ErasureConnection,
    nullable: true,
    description: "The receipts of what was deleted of the tenant, newest first. For admins.",
    args: {
      first: pageArgs.first,
      after: pageArgs.after,
      allTenants: t.arg.boolean({
        description: "Those of all, also of deleted tenants; for the platform's admin.",
      }),
    },
    complexity: costOfPage,
    async resolve(_root, { allTenants, ...args }, { services, caller }) {
      const tenantId = allTenants ? undefined : caller.tenant.id;
      const [admin, page] = [administratorOf(caller), toPageRequest(args)];
      return toConnection(await listErasures(services.admin, admin, tenantId, page), args);
    },
  }),
  erasure: t.field({
    type: Erasure,
    nullable: true,
    complexity: 2,
    description: "For admins.",
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { services, caller }) =>
      openErasure(services.admin, administratorOf(caller), id),
  }),
}));

const CheckErasureInput = builder.inputType("CheckErasureInput", {
  fields: (t) => ({ erasureId: t.id({ required: true }) }),
});

const CheckErasurePayload = builder
  .objectRef<{ readonly check: CheckShape }>("CheckErasurePayload")
  .implement({
    fields: (t) => ({ check: t.field({ type: ErasureCheck, resolve: ({ check }) => check }) }),
  });

const erasurePayload = (name: string) =>
  builder.objectRef<{ readonly erasure: ErasureShape }>(name).implement({
    fields: (t) => ({ erasure: t.field({ type: Erasure, resolve: ({ erasure }) => erasure }) }),
  });

const DeleteTenantInput = builder.inputType("DeleteTenantInput", {
  fields: (t) => ({ tenantId: t.id({ required: true }) }),
});

const DeleteUserInput = builder.inputType("DeleteUserInput", {
  fields: (t) => ({ userId: t.id({ required: true }) }),
});

builder.mutationFields((t) => ({
  checkErasure: t.field({
    type: CheckErasurePayload,
    nullable: true,
    complexity: 100,
    description:
      "Looks again for what was deleted, in all places where it stood. A deletion in whose way something was goes on at once. For admins.",
    args: { input: t.arg({ type: CheckErasureInput, required: true }) },
    async resolve(_root, { input: { erasureId } }, { services, caller }) {
      return { check: await recheckErasure(services.admin, administratorOf(caller), erasureId) };
    },
  }),
  deleteUser: t.field({
    type: erasurePayload("DeleteUserPayload"),
    nullable: true,
    complexity: 20,
    description:
      "Refuses a user from now on, and erases them with their chats in the background. For admins.",
    args: { input: t.arg({ type: DeleteUserInput, required: true }) },
    async resolve(_root, { input: { userId } }, { services, caller }) {
      const admin = administratorOf(caller);
      return { erasure: await deleteUser(services.admin, admin, caller.tenant.id, userId) };
    },
  }),
  deleteTenant: t.field({
    type: erasurePayload("DeleteTenantPayload"),
    nullable: true,
    complexity: 100,
    description:
      "Shuts a tenant at every door, and erases all that it has in the background. For the platform's admin.",
    args: { input: t.arg({ type: DeleteTenantInput, required: true }) },
    async resolve(_root, { input: { tenantId } }, { services, caller }) {
      return { erasure: await deleteTenant(services.admin, administratorOf(caller), tenantId) };
    },
  }),
}));
