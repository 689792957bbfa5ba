import type { EntityManager } from "@mikro-orm/postgresql";
import type { User, UserChanges, UserProfile } from "../../core/access/user.ts";
import { AppError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { hashPerson } from "./hash-person.ts";
import type { MomentPlace } from "./pages.ts";

type UserRow = Omit<User, "createdAt"> & { readonly createdAt: number };

/** A user is who has an id of the host site; dates as milliseconds, whatever the driver makes of them. */
const selectSql = `
  select users.id, users.tenant_id as "tenantId", tie.external_user_id as "externalId", users.name, users.email,
         users.role, users.status, (extract(epoch from users.created_at) * 1000)::float8 as "createdAt"
  from public.users join public.external_user_mapping tie on (tie.tenant_id, tie.user_id) = (users.tenant_id, users.id)`;

export async function findUser(em: EntityManager, id: string): Promise<User | undefined> {
  const [row] = await em.execute<UserRow[]>(`${selectSql} where users.id = ?`, [id]);
  return row && toUser(row);
}

/** Newest first. @param place the user behind whom they begin. */
export async function listUsers(
  em: EntityManager,
  tenantId: string,
  place: MomentPlace | undefined,
  limit: number,
): Promise<User[]> {
  const behind = place
    ? "and (users.created_at, users.id) < (to_timestamp(?::float8 / 1000)::timestamptz(3), ?)"
    : "";
  const rows = await em.execute<UserRow[]>(
    `${selectSql} where users.tenant_id = ? ${behind} order by users.created_at desc, users.id desc limit ?`,
    [tenantId, ...(place ? [place.createdAt.getTime(), place.id] : []), limit],
  );
  return rows.map(toUser);
}

/** The id of the user whom the host site knows by that id; of however many who make one at once, one does. */
export async function ensureUserId(
  em: EntityManager,
  tenantId: string,
  externalId: string,
  { name = null, email = null }: { [Field in keyof UserProfile]: UserProfile[Field] | null },
  toldAt?: number,
): Promise<string> {
  for (;;) {
    const [known] = await em.execute<{ id: string }[]>(findIdSql, [tenantId, externalId]);
    if (known) return known.id;
    if (toldAt !== undefined) await refuseErased(em, tenantId, externalId, toldAt);
    const values = [tenantId, externalId, newId("user"), name, email];
    const [made] = await em.execute<{ id: string }[]>(makeSql, values);
    if (made) return made.id;
    // Another one has made it between the two looks.
  }
}

/** A token that was made before its user was deleted brings nobody back. @throws AppError INVALID_TOKEN */
async function refuseErased(
  em: EntityManager,
  tenantId: string,
  externalId: string,
  toldAt: number,
): Promise<void> {
  const found = await em.execute<object[]>(erasedSql, [
    tenantId,
    hashPerson(tenantId, externalId),
    toldAt,
  ]);
  if (found.length > 0) throw new AppError("INVALID_TOKEN", "The token is not valid");
}

const erasedSql = `
  select 1 as one from public.erasures where tenant_id = ? and kind = 'user' and trail ->> 'person' = ?
  and requested_at >= to_timestamp(?::float8 / 1000) limit 1`;

const findIdSql = `
  select user_id as id from public.external_user_mapping where tenant_id = ? and external_user_id = ?`;

/** The reference of the tie is checked when the whole statement is done. */
const makeSql = `
  with tie as (
    insert into public.external_user_mapping (tenant_id, external_user_id, user_id) values (?, ?, ?)
    on conflict (tenant_id, external_user_id) do nothing returning tenant_id, user_id
  )
  insert into public.users (tenant_id, id, name, email)
  select tenant_id, user_id, ?, ? from tie returning id`;

/** @returns whether there is such a user. */
export async function changeUser(
  em: EntityManager,
  tenantId: string,
  id: string,
  changes: UserChanges,
): Promise<boolean> {
  const columns = (["name", "email", "role", "status"] as const).filter(
    (column) => changes[column] !== undefined,
  );
  // Without a change this only looks, and nothing is announced.
  const found = await em.execute<object[]>(
    columns.length === 0
      ? "select from public.users where tenant_id = ? and id = ?"
      : `update public.users set ${columns.map((column) => `${column} = ?`).join(", ")}
         where tenant_id = ? and id = ? returning id`,
    [...columns.map((column) => changes[column]), tenantId, id],
  );
  return found.length > 0;
}

function toUser(row: UserRow): User {
  return { ...row, createdAt: new Date(row.createdAt) };
}
