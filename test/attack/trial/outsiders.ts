import { nobody, type Asker, type Credential } from "../credential.ts";
import type { Door } from "../doors/door.ts";
import { hardKinds, secretKinds, type IdKind } from "../filling/id-kinds.ts";
import type { ChatAccess, Tenant } from "../scene/tenant.ts";
import { victimOrigin } from "../scene/tenant.ts";
import type { Access } from "../surface/operation.ts";
import type { Variant } from "./variants.ts";

/** The two tenants and the rule under which the victim's chats are. */
export interface Sides {
  readonly victim: Tenant;
  readonly attacker: Tenant;
  readonly access: ChatAccess;
}

/** `entitled`: it is theirs to do. `own`: they may do it, with what is theirs. */
export type Expectation = "refused" | "own" | "entitled";

/** How much of all that could be tried is tried. */
export interface Extent {
  /** `few`: some of those who ask, each naming one tenant. */
  readonly askers: "few" | "all";
  /** `one`: each by one way, another one in the next trial. `all`: each by every way that the door has. */
  readonly placements: "one" | "all";
}

/** Those who have no business with what the variant names, naming either tenant. @param turn of the ways to show themselves */
export function listAskers(
  sides: Sides,
  variant: Variant,
  door: Door,
  extent: Extent,
  turn: number,
): { readonly asker: Asker; readonly expectation: Exclude<Expectation, "entitled"> }[] {
  const { victim, attacker } = sides;
  const isFew = extent.askers === "few";
  return listOutsiders(sides, variant, isFew)
    .flatMap((credential, index) => {
      const all = door.placementsOf(credential);
      const one = all[(turn + index) % all.length];
      const placements = extent.placements === "all" || !one ? all : [one];
      const ids = [attacker.id, victim.id];
      const named = isFew ? ids.filter((_id, at) => (turn + index + at) % 2 === 0) : ids;
      return named.flatMap((tenantId) =>
        placements.map((placement): Asker => {
          // From the right page, so that it isn't the page that is refused.
          const origin = credential.kind === "publishable key" ? victimOrigin : undefined;
          return { credential, tenantId, placement, origin };
        }),
      );
    })
    .flatMap((asker) => {
      const expectation = expect(sides, variant, asker);
      return expectation === "entitled" ? [] : [{ asker, expectation }];
    });
}

function listOutsiders({ victim, attacker }: Sides, variant: Variant, isFew: boolean) {
  const theirs = attacker.people;
  const strangers = [
    nobody,
    theirs.visitor.credential,
    theirs.user.credential,
    theirs.publishable,
    theirs.server,
    theirs.admin,
    theirs.adminUser.credential,
  ];
  const others = listOthers(victim, variant);
  return isFew
    ? [nobody, theirs.server, theirs.admin, ...others.slice(0, 2)]
    : [...strangers, ...others];
}

/** Those of the victim's tenant whose it isn't. */
function listOthers({ people }: Tenant, { access, slots }: Variant): Credential[] {
  const { visitor, otherVisitor, user, otherUser, adminUser, publishable, server, admin } = people;
  const low = [user.credential, visitor.credential, publishable];
  switch (access) {
    case "public":
      return [];
    case "person": {
      const isOfAdmins = [...slots.values()].some(({ kind }) => kind === "document");
      const admins = isOfAdmins ? [] : [adminUser.credential];
      return [otherVisitor.credential, otherUser.credential, publishable, ...admins];
    }
    case "server":
      return [...low, adminUser.credential];
    case "admin":
      return [...low, server];
    case "platform":
      return [admin, adminUser.credential, ...low, server];
  }
}

function expect({ victim, access }: Sides, variant: Variant, asker: Asker): Expectation {
  const { credential, tenantId } = asker;
  if (variant.access === "public") return "own";
  const isStranger = credential.kind !== "none" && credential.tenantId !== tenantId;
  if (isStranger || !isLetIn(variant.access, credential)) return "refused";
  const kinds = [...variant.slots.values()]
    .filter(({ whose }) => whose === "victim")
    .map(({ kind }) => kind);
  const names = (some: readonly IdKind[]) => kinds.some((kind) => some.includes(kind));
  if (tenantId !== victim.id) return names(hardKinds) || names(secretKinds) ? "refused" : "own";
  if (names(secretKinds)) return "entitled";
  // What its sender alone knows finds its turn again; looked at in a trial of its own.
  if (!names(hardKinds)) return names(["client message id"]) ? "entitled" : "own";
  const isOpen = access === "link" && variant.chat !== undefined && variant.chat !== "user's chat";
  return isOpen ? "entitled" : "refused";
}

function isLetIn(access: Access, { kind }: Credential): boolean {
  switch (access) {
    case "public":
    case "person":
      return true;
    case "server":
      return kind === "server key" || kind === "admin key";
    case "admin":
      return kind === "admin key" || kind === "admin user";
    case "platform":
      return false;
  }
}

/** Who may do it; of several the first who succeeds. */
export function listOwners(
  { people, chats }: Tenant,
  platform: Credential,
  { access, chat, slots }: Variant,
): readonly Credential[] {
  const { visitor, user, server, admin } = people;
  switch (access) {
    case "public":
      return [nobody];
    case "server":
      return [server];
    case "admin":
      return [admin];
    case "platform":
      return [platform];
    case "person":
      if ([...slots.values()].some(({ kind }) => kind === "document")) return [admin];
      return chat ? [chats[chat].owner] : [visitor.credential, user.credential, server];
  }
}
