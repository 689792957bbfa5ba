import { administratorOf } from "../core/admin/administrator.ts";
import type { TenantRecord as RecordShape } from "../core/admin/tenant-admin-store.ts";
import {
  createTenant,
  openTenantRecord,
  setOrigins,
  updateTenant,
} from "../core/admin/tenant-admin.ts";
import { builder } from "./builder.ts";
import { TenantStatus } from "./enums.ts";
import { TenantRecord } from "./tenant-record.ts";

const settingsText = "A JSON merge patch (RFC 7396) of the settings: null takes one away.";

const CreateTenantInput = builder.inputType("CreateTenantInput", {
  fields: (t) => ({
    id: t.id({
      required: true,
      description: "Lower-case letters, digits and single hyphens, at most 48; never changes.",
    }),
    name: t.string({ description: "1 to 200 characters; left out, the id." }),
    domain: t.string(),
    status: t.field({ type: TenantStatus, description: "Left out: active." }),
    settings: t.field({ type: "JSON", description: settingsText }),
  }),
});

const UpdateTenantInput = builder.inputType("UpdateTenantInput", {
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string({ description: "1 to 200 characters." }),
    domain: t.string({ description: "Null takes it away." }),
    status: t.field({ type: TenantStatus }),
    settings: t.field({ type: "JSON", description: settingsText }),
  }),
});

const SetAllowedOriginsInput = builder.inputType("SetAllowedOriginsInput", {
  fields: (t) => ({
    origins: t.stringList({ required: true, description: "All of them, at most 100." }),
  }),
});

interface TenantShape {
  readonly tenant: RecordShape;
}

const payload = (name: string) =>
  builder.objectRef<TenantShape>(name).implement({
    fields: (t) => ({ tenant: t.field({ type: TenantRecord, resolve: ({ tenant }) => tenant }) }),
  });

builder.mutationFields((t) => ({
  createTenant: t.field({
    type: payload("CreateTenantPayload"),
    nullable: true,
    complexity: 10,
    description: "Makes a tenant, which works from its first request on. For the platform's admin.",
    args: { input: t.arg({ type: CreateTenantInput, required: true }) },
    async resolve(_root, { input }, { services, caller }) {
      return {
        tenant: await createTenant(services.admin, administratorOf(caller), leaveOut(input)),
      };
    },
  }),
  updateTenant: t.field({
    type: payload("UpdateTenantPayload"),
    nullable: true,
    complexity: 10,
    description:
      "Changes a tenant; in effect everywhere within a second. For admins. A tenant's own admin sets its name, " +
      "branding, allowed_origins, prompt, temperature, chat_access and auth.",
    args: { input: t.arg({ type: UpdateTenantInput, required: true }) },
    async resolve(_root, { input: { id, ...patch } }, { services, caller }) {
      return { tenant: await updateTenant(services.admin, administratorOf(caller), id, patch) };
    },
  }),
  setAllowedOrigins: t.field({
    type: payload("SetAllowedOriginsPayload"),
    nullable: true,
    complexity: 10,
    description: "Sets whose pages may call for this request's tenant. For admins.",
    args: { input: t.arg({ type: SetAllowedOriginsInput, required: true }) },
    async resolve(_root, { input }, { services, caller }) {
      const [admin, { id }] = [administratorOf(caller), caller.tenant];
      await setOrigins(services.admin, admin, id, input.origins);
      return { tenant: await openTenantRecord(services.admin, admin, id) };
    },
  }),
}));

/** Where something is made, null says as little as nothing. */
function leaveOut<Input extends { readonly id: string }>({ id, ...fields }: Input) {
  const given = Object.entries(fields).filter(([, value]) => value !== null);
  return { id, ...Object.fromEntries(given) };
}
