import type { Patch } from "../../support/patched-build.ts";

/** A check without which the server is attacked, to see that the suite notices or that another fence holds. */
export const mutants = [
  "tenant-check",
  "owner-check",
  "role",
  "cache-tenant",
  "schema",
  "both-fences",
] as const;
export type Mutant = (typeof mutants)[number];

const tenantWork = "api/adapters/postgres/tenant-work.ts";

/** @param ids of the two tenants. */
export function patchesOf(
  mutant: Mutant,
  ids: { readonly victim: string; readonly attacker: string },
): readonly Patch[] {
  switch (mutant) {
    // Keys and tokens of any tenant are taken.
    case "tenant-check":
      return [
        cut("api/core/access/gate.ts", "key.tenantId !== tenant.id || "),
        cut("api/adapters/jose/own-tokens.ts", `if (payload.tid !== id) throw refuse("tid");`),
        cut("api/adapters/jose/visitor-tokens.ts", `if (tid !== tenantId) throw refuse("tid");`),
      ];
    // Every chat of the tenant is everybody's.
    case "owner-check": {
      const head = `export function canOpenChat(caller: Caller, { ownerId }: Pick<Chat, "ownerId">)`;
      const file = "api/core/access/caller.ts";
      const replace = `${head} {\n  if (caller) return true;`;
      return [{ file, find: `${head}: boolean {`, replace }];
    }
    // Tenant work runs under the login's own role.
    case "role":
      return [cut(tenantWork, "...(role ? { role } : {}), ")];
    // Whichever tenant was looked up first is found for each id.
    case "cache-tenant": {
      const file = "api/adapters/postgres/tenant-store.ts";
      return [{ file, find: "tenants.read(id, () =>", replace: `tenants.read("any", () =>` }];
    }
    // Schema and role, on a login that the database refuses nothing: so the suite would see what the role keeps.
    case "both-fences":
      return [...patchesOf("role", ids), ...patchesOf("schema", ids)];
    // The attacker's tenant works in the victim's schema.
    case "schema": {
      const mixedUp = `(tenantSchema(tenant.id === "${ids.attacker}" ? "${ids.victim}" : tenant.id))`;
      return [
        {
          file: tenantWork,
          find: "fork({ schema: tenantSchema(tenant.id) })",
          replace: `fork({ schema: ${mixedUp} })`,
        },
        {
          file: tenantWork,
          find: 'return `"${tenantSchema(tenant.id)}"`;',
          replace: `return \`"\${${mixedUp}}"\`;`,
        },
      ];
    }
  }
}

function cut(file: string, find: string): Patch {
  return { file, find, replace: "" };
}
