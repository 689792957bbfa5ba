import { formOf, hasOwnForm, type Asker, type Credential, type Placement } from "../credential.ts";

/** How HTTP is shown a credential. */
export function httpPlacements(credential: Credential): readonly Placement[] {
  if (credential.kind === "none") return ["nowhere"];
  return hasOwnForm(credential) ? ["bearer", "header"] : ["bearer"];
}

/** The headers that name the tenant and show the credential. */
export function headersOf({
  credential,
  tenantId,
  placement,
  origin,
}: Asker): Record<string, string> {
  const { secret } = credential;
  const shown =
    secret === undefined || placement === "nowhere"
      ? {}
      : placement === "header"
        ? { [formOf(credential).header]: secret }
        : { Authorization: `Bearer ${secret}` };
  return {
    ...(tenantId === undefined ? {} : { "X-Tenant-ID": tenantId }),
    ...(origin === undefined ? {} : { Origin: origin }),
    ...shown,
  };
}
