import type { User, UserProfile, UserStore } from "../../core/access/user.ts";
import { isId } from "../../core/ids.ts";
import type { Clock } from "../../core/ports.ts";
import { createAnnouncedCache } from "./announced-cache.ts";
import { addEntry } from "./audit-log.ts";
import { unavailable } from "./errors.ts";
import { createNewest } from "./newest.ts";
import { formatMoment, parseMoment, toPage } from "./pages.ts";
import type { PublicWork } from "./public-work.ts";
import { changeUser, ensureUserId, findUser, listUsers } from "./user-rows.ts";

export interface CachedUserStore extends UserStore {
  /** Reads one user anew at its next use; all of them where no id is given. */
  forget(id?: string): void;
}

/** The users of public.users with their ids of the host site, cached; the database announces each change. */
export function createUserStore(
  work: PublicWork,
  clock: Clock,
  isListening: () => boolean,
): CachedUserStore {
  const users = createAnnouncedCache<User | undefined>(clock, isListening);
  // Stays right while its user still has that id of the host site, which is looked at each time.
  const ids = createAnnouncedCache<string>(clock, isListening);
  const newest = createNewest();
  const read = (id: string) => users.read(id, () => work.read((em) => findUser(em, id)));

  /** @returns undefined when the tie was changed since it was cached. */
  async function findTied(
    tenantId: string,
    externalId: string,
    profile: UserProfile,
    toldAt: number | undefined,
  ): Promise<User | undefined> {
    const key = JSON.stringify([tenantId, externalId]);
    const id = await ids.read(key, () =>
      work.change((em) => ensureUserId(em, tenantId, externalId, profile, toldAt)),
    );
    const user = await read(id);
    if (user?.tenantId === tenantId && user.externalId === externalId) return user;
    ids.drop(key);
    users.drop(id);
    return undefined;
  }

  /** Of two tokens of one user that tell different things only the newer is heard, else each would undo the other. */
  async function keepProfile(
    user: User,
    profile: UserProfile,
    toldAt: number | undefined,
  ): Promise<User> {
    const { name = user.name, email = user.email } = profile;
    const tellsNothing = profile.name === undefined && profile.email === undefined;
    if (tellsNothing) return user;
    const isNewer = newest.note(user.id, toldAt ?? clock.now());
    if (!isNewer && toldAt !== undefined) return user;
    if (name === user.name && email === user.email) return user;
    try {
      await work.change((em) => changeUser(em, user.tenantId, user.id, { name, email }));
    } catch (error) {
      newest.forget(user.id);
      throw error;
    }
    users.drop(user.id);
    return { ...user, name, email };
  }

  return {
    async findUser(tenantId, id) {
      const user = isId(id) ? await read(id) : undefined;
      return user?.tenantId === tenantId ? user : undefined;
    },
    async ensureUser(tenantId, externalId, profile, toldAt) {
      const find = () => findTied(tenantId, externalId, profile, toldAt);
      const user = (await find()) ?? (await find());
      if (!user) throw unavailable(new Error("The user is being changed"));
      return keepProfile(user, profile, toldAt);
    },
    listUsers: (tenantId, { limit, after }) =>
      work.read(async (em) => {
        const place = after === undefined ? undefined : parseMoment(after);
        const rows = await listUsers(em, tenantId, place, limit + 1);
        return toPage(rows, limit, (user) => user, formatMoment);
      }),
    async updateUser(tenantId, id, changes, audit) {
      if (!isId(id)) return undefined;
      const changed = await work.change(async (em) => {
        if (!(await changeUser(em, tenantId, id, changes))) return undefined;
        await addEntry(em, audit);
        return findUser(em, id);
      });
      users.drop(id);
      return changed;
    },
    forget(id) {
      if (id !== undefined) return users.drop(id);
      users.clear();
      ids.clear();
    },
  };
}
