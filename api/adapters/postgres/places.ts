import type { UsedPlaces } from "../../core/erasure/erasure.ts";
import type { PublicWork } from "./public-work.ts";
import { query } from "./raw-query.ts";

/** Longer than anything that is written to Redis stays there by itself: the longest are the counts of a day. */
const streamsStay = "interval '25 hours'";

/**
 * Notes whether this process writes streams. One that doesn't is alone on the database: then nobody does any more.
 * To be called under the lock of who serves the database. @returns whether streams may be left.
 */
export function noteStreams({ change }: PublicWork, isShared: boolean): Promise<boolean> {
  return change(async (em) => {
    const sql = isShared
      ? `insert into public.places (name) values ('streams') on conflict (name) do update set left_at = null
         returning true as "mayStay"`
      : `update public.places set left_at = coalesce(left_at, now()) where name = 'streams'
         returning left_at > now() - ${streamsStay} as "mayStay"`;
    const [row] = await query<{ mayStay: boolean }>(em, sql, []);
    return row?.mayStay ?? false;
  });
}

/** Notes that this process writes vectors. */
export async function noteVectors({ change }: PublicWork): Promise<void> {
  const sql = `insert into public.places (name) values ('vectors') on conflict (name) do update set left_at = null`;
  await change((em) => query(em, sql, []));
}

export async function readPlaces({ read }: PublicWork): Promise<UsedPlaces> {
  const sql = `select name, left_at is null as "isUsed", left_at > now() - ${streamsStay} as "isRecent" from public.places`;
  const rows = await read((em) =>
    query<{ name: string; isUsed: boolean; isRecent: boolean | null }>(em, sql, []),
  );
  const streams = rows.find(({ name }) => name === "streams");
  return {
    vectors: rows.find(({ name }) => name === "vectors")?.isUsed,
    streams: streams !== undefined && (streams.isUsed || streams.isRecent === true),
  };
}
