import type { Caller } from "../core/access/caller.ts";
import type { Proven } from "./handshake.ts";
import type { Identity } from "./identity.ts";
import type { ServerFrame } from "./protocol.ts";

/** Welcomes who has shown what the tenant asks for. */
export function greet({ clientId, tenantId }: Identity, proven: Proven, now: number): ServerFrame {
  const { caller, visitorToken } = proven;
  return {
    type: "connection_established",
    data: {
      client_id: clientId,
      tenant_id: tenantId,
      timestamp: new Date(now).toISOString(),
      ...describe(caller),
      ...(visitorToken ? { visitor_token: visitorToken } : {}),
    },
  };
}

/** Answers an `auth` frame on a connection that was good already. */
export function confirm({ caller, visitorToken }: Proven): ServerFrame {
  const token = visitorToken ? { visitor_token: visitorToken } : {};
  return { type: "authenticated", data: { ...describe(caller), ...token } };
}

function describe({ visitorId, user, expiresAt }: Caller) {
  return {
    visitor_id: visitorId ?? null,
    user_id: user?.id ?? null,
    expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  };
}
