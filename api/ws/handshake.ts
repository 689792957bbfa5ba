import type { IncomingMessage } from "node:http";
import { admitCaller } from "../core/access/admit.ts";
import type { Caller } from "../core/access/caller.ts";
import { identifyCaller, type GateDeps } from "../core/access/gate.ts";
import { openNamedTenant } from "../core/access/open-tenant.ts";
import type { PageOrigin } from "../core/access/origins.ts";
import { isNameless, makeVisitor } from "../core/access/visitor.ts";
import { AppError } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { isNothing, readPage, readProofs, readQuery } from "./credentials.ts";

export interface Handshake extends Proven {
  readonly clientId: string;
  /** A label, stored with the chats that are made. */
  readonly userId: string | undefined;
  readonly page: PageOrigin;
  /** The tenant asks for a proof and none was shown: an `auth` frame is to bring it. The caller is nobody until then. */
  readonly awaitsProof: boolean;
}

export interface Proven {
  readonly caller: Caller;
  /** For a visitor who came without one. */
  readonly visitorToken: string | undefined;
}

const labelPattern = /^[^\p{Cc}\p{Cs}]{1,128}$/u;

/**
 * Reads and checks `tenant_id`, `client_id`, `user_id` and the proofs of a handshake, and counts it; that of one who
 * is still to show something, by the address alone. A person who
 * shows nothing becomes a new visitor, whose token goes out in `connection_established`.
 * @param address that it came from.
 * @throws AppError as admitCaller; INVALID_REQUEST, TENANT_REQUIRED, TENANT_NOT_FOUND
 */
export async function openHandshake(
  gate: GateDeps,
  request: IncomingMessage,
  address: string,
): Promise<Handshake> {
  const query = readQuery(request);
  const clientId = readLabel(query, "client_id") ?? newId("client");
  const userId = readLabel(query, "user_id");
  const proofs = readProofs(query, request);
  const page = readPage(gate.ownOrigin, request);
  const tenant = await openNamedTenant(gate, query.get("tenant_id") ?? undefined, address);
  const shown = { ...proofs, tenantId: tenant.id, clientId, page, address };
  const known = { clientId, userId, page };

  if (tenant.settings.auth.required !== "none" && isNothing(proofs)) {
    const caller = await identifyCaller(gate, tenant, shown);
    // Not against the tenant: else anybody could use up its requests without ever showing anything.
    await gate.strangers.countNewcomer(address);
    return { ...known, caller, visitorToken: undefined, awaitsProof: true };
  }
  const caller = await admitCaller(gate, tenant, shown);
  return { ...known, ...(await nameVisitor(gate, caller)), awaitsProof: false };
}

/** Makes a visitor of a person who is known by nothing. */
export async function nameVisitor(gate: GateDeps, caller: Caller): Promise<Proven> {
  if (!isNameless(caller)) return { caller, visitorToken: undefined };
  const { visitorId, token } = await makeVisitor(gate.visitorTokens, caller);
  return { caller: { ...caller, visitorId }, visitorToken: token };
}

/** @throws AppError INVALID_REQUEST */
function readLabel(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name) || undefined;
  if (value === undefined || labelPattern.test(value)) return value;
  const rule = "1 to 128 characters without control characters are expected";
  throw new AppError("INVALID_REQUEST", `${name}: ${rule}`);
}
