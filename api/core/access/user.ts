import type { AuditEntry } from "../admin/audit.ts";
import type { Page, PageRequest } from "../ports.ts";

/** A person whom the tenant knows: its own id for them is tied to ours in `external_user_mapping`. */
export interface User {
  /** Ours, such as `user_3f…`. */
  readonly id: string;
  readonly tenantId: string;
  /** The host site's own id; at most 256 characters. */
  readonly externalId: string;
  readonly name: string | null;
  readonly email: string | null;
  /** `admin` administers the tenant; given by an admin only, never by a token. */
  readonly role: "member" | "admin";
  /** `blocked`: refused at every door, as if the token were wrong. */
  readonly status: "active" | "blocked";
  readonly createdAt: Date;
}

/** What is told of a user where their token is made or verified; undefined leaves it as it is. */
export interface UserProfile {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

export type UserChanges = Partial<Pick<User, "name" | "email" | "role" | "status">>;

export interface UserStore {
  /** At most a second old. */
  findUser(tenantId: string, id: string): Promise<User | undefined>;
  /**
   * The user of the host site's id, made at first sight; a profile that differs is stored, unless this process knows a
   * newer one. At most a second old.
   * @param toldAt when the profile was told, in milliseconds; left out: just now
   */
  ensureUser(
    tenantId: string,
    externalId: string,
    profile: UserProfile,
    toldAt?: number,
  ): Promise<User>;
  /** Newest first. */
  listUsers(tenantId: string, page: PageRequest): Promise<Page<User>>;
  /** Stored together with its audit entry. Undefined when the tenant has no such user. */
  updateUser(
    tenantId: string,
    id: string,
    changes: UserChanges,
    audit: AuditEntry,
  ): Promise<User | undefined>;
}

export const maxExternalIdLength = 256;
export const maxNameLength = 256;
/** RFC 3696, erratum 1690: 254; some directories know longer ones. */
export const maxEmailLength = 320;
