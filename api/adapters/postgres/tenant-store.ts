import type { Clock, TenantStore } from "../../core/ports.ts";
import { parseSettings, type Tenant } from "../../core/tenant.ts";
import { createAnnouncedCache } from "./announced-cache.ts";
import { TenantRow } from "./public-entities.ts";
import type { PublicWork } from "./public-work.ts";

export interface CachedTenantStore extends TenantStore {
  /** Reads one tenant anew at its next use; all of them where no id is given. */
  forget(id?: string): void;
}

/** The tenants of public.tenants, cached; the database announces each change. */
export function createTenantStore(
  work: PublicWork,
  clock: Clock,
  isListening: () => boolean,
): CachedTenantStore {
  const tenants = createAnnouncedCache<Tenant | undefined>(clock, isListening);
  const origins = createAnnouncedCache<ReadonlySet<string>>(clock, isListening);
  const readActive = (id: string) =>
    work.read(async (em) => {
      const row = await em.findOne(TenantRow, { id, status: "active" });
      return row ? toTenant(row) : undefined;
    });

  return {
    findTenant: (id, lookUp) => tenants.read(id, () => readActive(id), lookUp),
    findTenantInAnyState: (id) =>
      work.read(async (em) => {
        // Of one that is being erased nobody ends turns, takes documents in or administers anything.
        const row = await em.findOne(TenantRow, { id, status: { $ne: "erasing" } });
        return row ? { tenant: toTenant(row), isActive: row.status === "active" } : undefined;
      }),
    allowedOrigins: () =>
      origins.read("all", () =>
        work.read(async (em) => {
          const rows = await em.execute<{ origin: string }[]>(listOrigins);
          return new Set(rows.map(({ origin }) => origin));
        }),
      ),
    forget(id) {
      origins.clear();
      if (id === undefined) tenants.clear();
      else tenants.drop(id);
    },
  };
}

const listOrigins = `
  select distinct origin from public.tenants, jsonb_array_elements_text(
    case jsonb_typeof(settings -> 'allowed_origins') when 'array' then settings -> 'allowed_origins' else '[]' end
  ) as origin where status = 'active'`;

function toTenant({ id, name, domain, settings }: TenantRow): Tenant {
  return { id, name, domain: domain ?? null, settings: parseSettings(settings, id) };
}
