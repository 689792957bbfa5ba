import type { TenantLimits } from "../tenant.ts";
import { networkOf } from "./network.ts";

/** Who uses something of a tenant's: what their shares are counted by. */
export interface Consumer {
  readonly tenantId: string;
  /** The id of the proven user or visitor; undefined for one who isn't proven, and for a tenant's server. */
  readonly personId: string | undefined;
  /** Undefined for a tenant's server, which asks for many people. */
  readonly address: string | undefined;
}

export interface SharedLimit {
  readonly key: string;
  readonly limit: number;
  /** In percent of the whole: the larger the limit, the larger the share. */
  readonly share: number;
}

/**
 * A tenant's limit, and what of it one person and one address may use: so that nobody uses up what all of the
 * tenant's visitors need. A share is at least one, and a share of 100 percent is none.
 */
export function shareLimit(
  kind: string,
  limit: number,
  { tenantId, personId, address }: Consumer,
  { personShare, addressShare }: Pick<TenantLimits, "personShare" | "addressShare">,
): readonly SharedLimit[] {
  const whole = `${kind}:${tenantId}`;
  const network = address === undefined ? undefined : networkOf(address);
  const parts = [
    { key: `${whole}:person:${personId}`, share: personId === undefined ? 100 : personShare },
    { key: `${whole}:address:${network}`, share: network === undefined ? 100 : addressShare },
  ];
  return [
    { key: whole, limit, share: 100 },
    ...parts
      .filter(({ share }) => share < 100)
      .map(({ key, share }) => ({ key, share, limit: shareOf(limit, share) })),
  ];
}

/** Rounded up, and none of nothing. */
export function shareOf(limit: number, share: number): number {
  return Math.ceil((limit * share) / 100);
}
