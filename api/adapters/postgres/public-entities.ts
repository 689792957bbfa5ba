import { defineEntity, p } from "@mikro-orm/core";

const TenantSchema = defineEntity({
  name: "TenantRow",
  tableName: "tenants",
  schema: "public",
  properties: {
    id: p.string().primary(),
    name: p.string(),
    domain: p.string().nullable(),
    status: p.string(),
    settings: p.json().$type<unknown>(),
  },
});

/** A row of public.tenants. */
export class TenantRow extends TenantSchema.class {}
TenantSchema.setClass(TenantRow);

export const publicEntities = [TenantRow];
