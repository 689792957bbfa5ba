import { AppError } from "../errors.ts";
import {
  countAdminRequest,
  countRequest,
  requireAllowed,
  type RequestCount,
} from "../limits/requests.ts";
import type { Consumer } from "../limits/shares.ts";
import type { Tenant } from "../tenant.ts";
import { isServer, ownerIdOf, type Caller } from "./caller.ts";
import type { Credentials } from "./credentials.ts";
import { identifyCaller, requireCredentials, type GateDeps } from "./gate.ts";

/**
 * Lets a request or a handshake in: proves its caller, and counts it against the tenant and the caller's shares.
 * What is refused for its token is counted by its address alone, so that strangers use up nothing of the tenant's.
 * @param onCount told where the caller stands, also when the request is then refused.
 * @throws AppError as identifyCaller, and TOKEN_REQUIRED, RATE_LIMIT_EXCEEDED
 */
export async function admitCaller(
  deps: GateDeps,
  tenant: Tenant,
  shown: Credentials,
  onCount?: (count: RequestCount) => void,
): Promise<Caller> {
  let caller: Caller;
  try {
    caller = await proveCaller(deps, tenant, shown);
  } catch (error) {
    const isUnproven = error instanceof AppError && error.status === 401;
    // A right credential never comes here: a flood of guesses slows guesses alone.
    if (isUnproven) await deps.strangers.countRefusal(shown.address);
    throw error;
  }
  await countCaller(deps, caller, onCount);
  return caller;
}

/** The same without counting anything. @throws AppError as identifyCaller, and TOKEN_REQUIRED */
export async function proveCaller(
  deps: GateDeps,
  tenant: Tenant,
  shown: Credentials,
): Promise<Caller> {
  const caller = await identifyCaller(deps, tenant, shown);
  requireCredentials(caller);
  return caller;
}

/**
 * One more request or frame of a caller who was let in. What a tenant's admin does has a bucket of its own, so that
 * a folder of documents doesn't shut the tenant's visitors out; what the platform's admin does isn't counted.
 * @throws AppError RATE_LIMIT_EXCEEDED
 */
export async function countCaller(
  deps: Pick<GateDeps, "limiter" | "limits">,
  caller: Caller,
  onCount: (count: RequestCount) => void = () => undefined,
): Promise<void> {
  if (caller.admin === "platform") return;
  const counted =
    caller.admin === "tenant"
      ? await countAdminRequest(deps, caller.tenant)
      : await countRequest(deps, caller.tenant, consumerOf(caller));
  if (counted) onCount(counted);
  requireAllowed(counted);
}

/** What the caller's shares are counted by. */
export function consumerOf(caller: Caller): Consumer {
  const isForMany = isServer(caller);
  return {
    tenantId: caller.tenant.id,
    personId: isForMany ? undefined : ownerIdOf(caller),
    address: isForMany ? undefined : caller.address,
  };
}
