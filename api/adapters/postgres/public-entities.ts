import { defineEntity, p, type Opt } from "@mikro-orm/core";
import type { KeyRole } from "../../core/access/api-key.ts";
import type { Actor, AuditAction } from "../../core/admin/audit.ts";

const schema = "public";

const TenantSchema = defineEntity({
  name: "TenantRow",
  tableName: "tenants",
  schema,
  properties: {
    id: p.string().primary(),
    name: p.string(),
    domain: p.string().nullable(),
    status: p.string(),
    settings: p.json().$type<unknown>(),
    createdAt: p.datetime().defaultRaw("now()"),
    updatedAt: p.datetime().defaultRaw("now()"),
  },
});

/** A row of public.tenants. */
export class TenantRow extends TenantSchema.class {}
TenantSchema.setClass(TenantRow);

const KeySchema = defineEntity({
  name: "KeyRow",
  tableName: "api_keys",
  schema,
  properties: {
    id: p.string().primary(),
    tenantId: p.string(),
    role: p.string().$type<KeyRole>(),
    name: p.string(),
    prefix: p.string(),
    hash: p.string(),
    origins: p.array(),
    createdAt: p.datetime(),
    expiresAt: p.datetime().nullable(),
    revokedAt: p.datetime().nullable(),
    lastUsedAt: p.datetime().nullable(),
  },
});

/** A row of public.api_keys. */
export class KeyRow extends KeySchema.class {}
KeySchema.setClass(KeyRow);

const AuditSchema = defineEntity({
  name: "AuditRow",
  tableName: "audit_log",
  schema,
  properties: {
    seq: p.bigint("number").primary().generated("identity").$type<Opt<number>>(),
    id: p.string(),
    at: p.datetime(),
    tenantId: p.string().nullable(),
    actorKind: p.string().$type<Actor["kind"]>(),
    actorId: p.string().nullable(),
    actorAddress: p.string(),
    action: p.string().$type<AuditAction>(),
    target: p.string().nullable(),
    details: p.json().columnType("json").$type<Record<string, unknown>>(),
  },
});

/** A row of public.audit_log. */
export class AuditRow extends AuditSchema.class {}
AuditSchema.setClass(AuditRow);

export const publicEntities = [TenantRow, KeyRow, AuditRow];
