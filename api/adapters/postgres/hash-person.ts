import { createHash } from "node:crypto";

/** By what a token that the host site has made before is known again. */
export function hashPerson(tenantId: string, externalId: string): string {
  return createHash("sha256").update(`${tenantId}\0${externalId}`).digest("hex");
}
