import type { Asker } from "../credential.ts";
import { nobody } from "../credential.ts";
import type { Preparer } from "../scene/preparer.ts";

/** Gives a ticket to whoever asks, of their own tenant: as they are entitled to. */
export function createTicketDesk(preparer: Preparer): (asker: Asker) => Promise<string> {
  return async ({ credential, tenantId, origin }) => {
    const isOwn = credential.kind === "none" || credential.kind === "platform";
    const holder = {
      credential: credential.kind === "platform" ? nobody : credential,
      tenantId: isOwn ? tenantId : credential.tenantId,
    };
    const headers: Record<string, string> = origin === undefined ? {} : { Origin: origin };
    const made = await preparer.call(holder, "POST", "/auth/ticket", undefined, headers);
    return made.get("ticket");
  };
}
