import type { KeyRole } from "../../api/core/access/api-key.ts";
import { madeKeySchema } from "../../api/rest/admin-keys.ts";
import { createPlatform, adminToken, prefix, readBody, type Call } from "./platform.ts";

export const admin = `${prefix}/admin`;

/** Calls as one who shows these headers. */
export type Ask = (path: string, call?: Call) => Promise<Response>;

/** A platform on which its admin has made the tenants `acme` and `other`; there is no default tenant. */
export async function openAdministration() {
  const platform = createPlatform({ tenants: [], defaultTenantId: "nobody" });
  const as =
    (own: Record<string, string>): Ask =>
    (path, { headers, ...call } = {}) =>
      platform.call(path, { ...call, headers: { ...own, ...headers } });
  /** The platform's admin, at first for no tenant. */
  const asPlatform = (tenantId?: string) =>
    as({ "X-Admin-Token": adminToken, ...(tenantId ? { "X-Tenant-ID": tenantId } : {}) });

  async function makeKey(role: KeyRole, tenantId: string) {
    const json = { role, name: `The ${role} key` };
    return readBody(await asPlatform(tenantId)(`${admin}/keys`, { json }), madeKeySchema);
  }

  for (const id of ["acme", "other"]) {
    const made = await asPlatform()(`${admin}/tenants`, { json: { id } });
    if (made.status !== 201) throw new Error(`No tenant was made: ${await made.text()}`);
  }
  const { key, id: keyId } = await makeKey("admin", "acme");
  const keyOf = (text: string, tenantId = "acme") => ({
    "X-API-Key": text,
    "X-Tenant-ID": tenantId,
  });
  return {
    ...platform,
    as,
    asPlatform,
    makeKey,
    keyOf,
    /** The admin of `acme`, by a key. */
    asAcme: as(keyOf(key)),
    acmeKey: { id: keyId, text: key },
  };
}
