import type { IncomingMessage } from "node:http";
import type { Caller } from "../core/caller.ts";
import { AppError } from "../core/errors.ts";
import {
  countRequest,
  identifyCaller,
  isOriginAllowed,
  openTenant,
  type GateDeps,
} from "../core/gate.ts";
import { newId } from "../core/ids.ts";
import { refuse } from "../core/limits.ts";
import type { Tenant } from "../core/tenant.ts";

export interface Handshake {
  readonly caller: Caller & { readonly clientId: string };
  readonly userId: string | undefined;
  /** For a visitor who came without a token. */
  readonly visitorToken: string | undefined;
}

const labelPattern = /^[^\p{Cc}\p{Cs}]{1,128}$/u;

/**
 * Reads and checks `tenant_id`, `client_id`, `user_id` and `token` of a handshake's query. A visitor
 * without a token becomes a new one, whose token goes out in `connection_established`.
 * @throws AppError as identifyCaller; INVALID_REQUEST, ORIGIN_NOT_ALLOWED, RATE_LIMIT_EXCEEDED
 */
export async function openHandshake(gate: GateDeps, request: IncomingMessage): Promise<Handshake> {
  const query = new URL(request.url ?? "/", "http://localhost").searchParams;
  const label = (name: string) => {
    const value = query.get(name) || undefined;
    if (value && !labelPattern.test(value)) {
      throw new AppError(
        "INVALID_REQUEST",
        `${name}: 1 to 128 characters without control characters are expected`,
      );
    }
    return value;
  };
  const clientId = label("client_id") ?? newId("client");
  const userId = label("user_id");
  const tenantId = query.get("tenant_id") ?? undefined;
  const tenant = await openTenant(gate.tenants, tenantId);
  checkOrigin(gate, tenant, request);
  // Before the token is looked at: guessing tokens counts too.
  const counted = await countRequest(gate, tenant);
  if (counted && !counted.decision.allowed) throw refuse(counted.decision);
  const token = query.get("token") || undefined;
  const caller = await identifyCaller(gate, { tenantId, token, clientId });

  if (caller.visitorId) return { caller: { ...caller, clientId }, userId, visitorToken: undefined };
  const visitorId = newId("vis");
  const visitorToken = await gate.visitorTokens.issue(caller.tenant.id, visitorId);
  return { caller: { ...caller, clientId, visitorId }, userId, visitorToken };
}

function checkOrigin(gate: GateDeps, tenant: Tenant, { headers }: IncomingMessage): void {
  const origin = headers.origin;
  // TLS may end before us, so the scheme of our own origin is taken from the page's.
  const own = `${origin?.split(":", 1)[0]}://${headers.host}`;
  if (isOriginAllowed(gate, tenant, origin, own)) return;
  throw new AppError("ORIGIN_NOT_ALLOWED", `The origin ${origin} may not use this tenant's chat`);
}
