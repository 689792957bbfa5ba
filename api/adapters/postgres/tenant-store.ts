import type { MikroORM } from "@mikro-orm/core";
import type { PostgreSqlDriver } from "@mikro-orm/postgresql";
import type { Clock, TenantStore } from "../../core/ports.ts";
import { parseSettings, type Tenant } from "../../core/tenant.ts";
import { translateError } from "./errors.ts";
import { TenantRow } from "./public-entities.ts";

export interface CachedTenantStore extends TenantStore {
  /** Reads one tenant anew at its next use; all of them where no id is given. */
  forget(id?: string): void;
}

/** How old an entry may be while changes are announced, and while they may be missed. */
const heardMs = 60_000;
const deafMs = 500;
/** Unknown ids are remembered too; they must not fill the memory. */
const maxEntries = 20_000;

/**
 * The tenants of public.tenants, cached. The database announces each change, so an entry is at most
 * as old as the announcement's way; while nobody listens it is read anew twice a second.
 */
export function createTenantStore(
  orm: MikroORM<PostgreSqlDriver>,
  clock: Clock,
  isListening: () => boolean,
): CachedTenantStore {
  const cache = createCache(clock, () => (isListening() ? heardMs : deafMs));
  const find = <Row>(read: (em: ReturnType<typeof orm.em.fork>) => Promise<Row>) =>
    read(orm.em.fork()).catch((error: unknown) => {
      throw translateError(error);
    });

  return {
    findTenant: (id) =>
      cache.read(`tenant ${id}`, async () => {
        const row = await find((em) => em.findOne(TenantRow, { id, status: "active" }));
        return row ? toTenant(row) : undefined;
      }),
    async findTenantInAnyState(id) {
      const row = await find((em) => em.findOne(TenantRow, { id }));
      return row ? { tenant: toTenant(row), isActive: row.status === "active" } : undefined;
    },
    allowedOrigins: () =>
      cache.read("origins", async () => {
        const rows = await find((em) => em.execute<{ origin: string }[]>(listOrigins));
        return new Set(rows.map(({ origin }) => origin));
      }),
    forget(id) {
      if (id === undefined) return cache.clear();
      cache.drop(`tenant ${id}`);
      cache.drop("origins");
    },
  };
}

const listOrigins = `
  select distinct origin from public.tenants, jsonb_array_elements_text(
    case jsonb_typeof(settings -> 'allowed_origins') when 'array' then settings -> 'allowed_origins' else '[]' end
  ) as origin where status = 'active'`;

function toTenant({ id, name, domain, settings }: TenantRow): Tenant {
  return { id, name, domain: domain ?? null, settings: parseSettings(settings) };
}

function createCache(clock: Clock, maxAge: () => number) {
  const entries = new Map<string, { at: number; value: Promise<unknown> }>();
  return {
    /** Shares one read among all who ask meanwhile. A failed one is not kept. */
    read<Value>(key: string, load: () => Promise<Value>): Promise<Value> {
      const known = entries.get(key);
      if (known && clock.now() - known.at < maxAge()) return known.value as Promise<Value>;
      const value = load();
      if (entries.size >= maxEntries) entries.clear();
      const entry = { at: clock.now(), value };
      entries.set(key, entry);
      value.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      return value;
    },
    drop: (key: string) => void entries.delete(key),
    clear: () => entries.clear(),
  };
}
