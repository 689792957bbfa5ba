import { countCaller, proveCaller } from "../core/access/admit.ts";
import { isServer, type Caller } from "../core/access/caller.ts";
import { invalidToken, type GateDeps } from "../core/access/gate.ts";
import type { OpenAccess } from "../core/access/open-accesses.ts";
import { openTenant } from "../core/access/open-tenant.ts";
import type { Proofs } from "./credentials.ts";
import { nameVisitor, type Handshake, type Proven } from "./handshake.ts";

/** Who sends the frames of one connection. */
export interface Identity {
  readonly tenantId: string;
  readonly clientId: string;
  /** A label, stored with the chats that are made. */
  readonly userId: string | undefined;
  /** As it was last shown; undefined as long as the tenant's proof is awaited. */
  readonly proven: Proven | undefined;
  /** Who sends the next frame: looked at anew. @throws AppError as OpenAccess.look */
  look(): Promise<Caller>;
  /**
   * Takes a fresh proof in place of the old one. Who is a user stays that user; a visitor who signs in stays that
   * visitor too, and so keeps the chats made before.
   * Whatever it is refused for is counted by the address.
   * @throws AppError as admitCaller; INVALID_TOKEN for another person; TENANT_NOT_FOUND, TOO_MANY_CONNECTIONS
   */
  prove(shown: Proofs): Promise<Proven>;
  /** Gives the connection's places back. */
  close(): void;
}

export function createIdentity(
  gate: GateDeps,
  { clientId, userId, page, caller, visitorToken, awaitsProof }: Handshake,
  access: OpenAccess,
): Identity {
  let proven = awaitsProof ? undefined : { caller, visitorToken };

  async function take(shown: Proofs): Promise<Proven> {
    const { address } = access.caller;
    const tenant = await openTenant(gate.tenants, access.caller.tenant.id);
    const credentials = { ...shown, tenantId: tenant.id, clientId, page, address };
    const fresh = await proveCaller(gate, tenant, credentials);
    await countCaller(gate, fresh);
    const next = await nameVisitor(gate, succeed(access.caller, fresh));
    await access.renew(next.caller);
    return next;
  }

  return {
    tenantId: caller.tenant.id,
    clientId,
    userId,
    get proven() {
      return proven;
    },
    look: access.look,
    async prove(shown) {
      try {
        return (proven = await take(shown));
      } catch (error) {
        await gate.strangers.countRefusal(access.caller.address);
        throw error;
      }
    },
    close: access.close,
  };
}

/** @throws AppError INVALID_TOKEN where that is another person */
function succeed({ user, visitorId }: Caller, fresh: Caller): Caller {
  if (user && fresh.user?.id !== user.id) throw invalidToken();
  return isServer(fresh) ? fresh : { ...fresh, visitorId: fresh.visitorId ?? visitorId };
}
