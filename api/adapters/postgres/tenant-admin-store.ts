import { isDeepStrictEqual } from "node:util";
import { LockMode } from "@mikro-orm/core";
import type { EntityManager } from "@mikro-orm/postgresql";
import type {
  TenantAdminStore,
  TenantChanges,
  TenantRecord,
} from "../../core/admin/tenant-admin-store.ts";
import { AppError } from "../../core/errors.ts";
import { isTenantId } from "../../core/tenant.ts";
import { addEntry } from "./audit-log.ts";
import { badPlace, toPage } from "./pages.ts";
import { TenantRow } from "./public-entities.ts";
import type { PublicWork } from "./public-work.ts";

/** @param forget told of each tenant that was changed, before its change is answered. */
export function createTenantAdminStore(
  work: PublicWork,
  forget: (id: string) => void,
): TenantAdminStore {
  return {
    async createTenant(tenant, audit) {
      const { id, name, domain, status, settings } = tenant;
      const made = await work.change(async (em) => {
        const values = [id, name, domain, status, JSON.stringify(settings)];
        const added = await em.execute<object[]>(createSql, values);
        if (added.length === 0)
          throw new AppError("TENANT_EXISTS", "There is a tenant of that id already");
        await addEntry(em, audit);
        return toRecord(await em.findOneOrFail(TenantRow, { id }));
      });
      forget(id);
      return made;
    },
    findForAdmin: async (id) =>
      isTenantId(id)
        ? work.read(async (em) => {
            const row = await em.findOne(TenantRow, { id });
            return row ? toRecord(row) : undefined;
          })
        : undefined,
    listTenants: ({ limit, after }) =>
      work.read(async (em) => {
        if (after !== undefined && !isTenantId(after)) throw badPlace();
        const rows = await em.find(TenantRow, after === undefined ? {} : { id: { $gt: after } }, {
          orderBy: { id: "asc" },
          limit: limit + 1,
        });
        return toPage(rows, limit, toRecord, ({ id }) => id);
      }),
    async updateTenant(id, change) {
      if (!isTenantId(id)) return undefined;
      const changed = await work.change(async (em) => {
        const row = await em.findOne(TenantRow, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
        if (!row || row.status === "erasing") return undefined;
        const before = toRecord(row);
        const update = change(before);
        if (!update) return before;
        await writeChanges(em, before, update.changes);
        await addEntry(em, update.audit);
        return toRecord(await em.findOneOrFail(TenantRow, { id }, { refresh: true }));
      });
      forget(id);
      return changed;
    },
  };
}

const createSql = `
  insert into public.tenants (id, name, domain, status, settings) values (?, ?, ?, ?, ?::jsonb)
  on conflict (id) do nothing returning id`;

async function writeChanges(
  em: EntityManager,
  before: TenantRecord,
  changes: TenantChanges,
): Promise<void> {
  const { name = before.name, domain = before.domain, status = before.status } = changes;
  await em.nativeUpdate(TenantRow, { id: before.id }, { name, domain, status });
  if (!changes.settings) return;
  const { removed, changed } = compareSettings(before.settings, changes.settings);
  await em.execute(settingsSql, [JSON.stringify(removed), JSON.stringify(changed), before.id]);
}

/**
 * Only the settings that differ are written: what we don't know stays as it stands in the column, also where
 * JavaScript would read it otherwise, such as a number of many digits.
 */
function compareSettings(before: TenantRecord["settings"], after: TenantRecord["settings"]) {
  const kept = new Map(Object.entries(after).filter(([, value]) => value !== undefined));
  const isSame = (key: string, value: unknown) =>
    Object.hasOwn(before, key) && isDeepStrictEqual(before[key], value);
  return {
    removed: Object.keys(before).filter((key) => !kept.has(key)),
    changed: Object.fromEntries([...kept].filter(([key, value]) => !isSame(key, value))),
  };
}

const settingsSql = `
  update public.tenants set settings = (case jsonb_typeof(settings) when 'object' then settings else '{}' end)
    - array(select jsonb_array_elements_text(?::jsonb)) || ?::jsonb
  where id = ?`;

function toRecord(row: TenantRow): TenantRecord {
  const { settings } = row;
  const isObject = typeof settings === "object" && settings !== null && !Array.isArray(settings);
  return {
    id: row.id,
    name: row.name,
    domain: row.domain ?? null,
    status: row.status,
    settings: isObject ? { ...settings } : {},
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
