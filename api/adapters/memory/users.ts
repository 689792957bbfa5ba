import type { User, UserStore } from "../../core/access/user.ts";
import { newId } from "../../core/ids.ts";
import type { MemoryAudit } from "./audit.ts";
import { compareKeys, takePage } from "./pages.ts";

export interface MemoryUsers extends UserStore {
  remove(tenantId: string, id: string): void;
}

/** @param now the time at which users are made. */
export function createMemoryUsers(
  audit: Pick<MemoryAudit, "record">,
  now: () => Date = () => new Date(),
): MemoryUsers {
  const users = new Map<string, User>();
  /** When the profile of each was told. */
  const told = new Map<string, number>();
  const findOwn = (tenantId: string, id: string) => {
    const user = users.get(id);
    return user?.tenantId === tenantId ? user : undefined;
  };

  return {
    remove(tenantId, id) {
      if (findOwn(tenantId, id)) users.delete(id);
    },
    findUser: async (tenantId, id) => findOwn(tenantId, id),
    async ensureUser(tenantId, externalId, profile, toldAt) {
      const known = [...users.values()].find(
        (user) => user.tenantId === tenantId && user.externalId === externalId,
      );
      const id = known?.id ?? newId("user");
      const newest = told.get(id) ?? -Infinity;
      const isNewer = toldAt === undefined || toldAt > newest;
      const { name, email } = isNewer ? profile : {};
      if (name !== undefined || email !== undefined)
        told.set(id, Math.max(newest, toldAt ?? now().getTime()));
      const made = { role: "member", status: "active", createdAt: now() } as const;
      const user: User = {
        ...(known ?? { ...made, id, tenantId, externalId }),
        name: name ?? known?.name ?? null,
        email: email ?? known?.email ?? null,
      };
      users.set(id, user);
      return user;
    },
    async listUsers(tenantId, page) {
      const orderOf = (user: User) => [-user.createdAt.getTime(), user.id];
      const own = [...users.values()].filter((user) => user.tenantId === tenantId);
      const sorted = own.toSorted((a, b) => compareKeys(orderOf(a), orderOf(b)));
      return takePage(sorted, orderOf, page, [0, ""]);
    },
    async updateUser(tenantId, id, changes, entry) {
      const user = findOwn(tenantId, id);
      if (!user) return undefined;
      audit.record(entry);
      const { name = user.name, email = user.email } = changes;
      const { role = user.role, status = user.status } = changes;
      const changed = { ...user, name, email, role, status };
      users.set(id, changed);
      return changed;
    },
  };
}
