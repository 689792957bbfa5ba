import pg from "pg";
import { tenantSchema } from "../../api/core/tenant.ts";

/** An answer that has not ended, as it stands in the database. */
export interface OpenTurn {
  readonly id: string;
  readonly attempt: number;
  readonly owner: string | null;
  readonly content: string;
}

/** A question with its answer, as they stand at the end. */
export interface StoredTurn {
  readonly questionId: string;
  readonly question: string;
  readonly chatId: string;
  readonly answerId: string | null;
  readonly seq: number;
  readonly state: string | null;
  readonly attempt: number;
  readonly content: string;
  readonly finishReason: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly totalTokens: number | null;
  readonly degraded: readonly string[] | null;
  readonly endedAt: Date | null;
  /** How often its ending was counted. */
  readonly endings: number;
}

/** The database as its superuser sees it, on connections of its own. */
export interface StoredTurns {
  addTenants(ids: readonly string[]): Promise<void>;
  listOpen(): Promise<OpenTurn[]>;
  listAll(): Promise<StoredTurn[]>;
  /** When the lease of each process ends; milliseconds since the epoch. */
  listLeases(): Promise<Map<string, number>>;
  /** The process ids of the servers' backends, or of the one at `pick` of them. */
  listBackends(pick: number | undefined): Promise<number[]>;
  /** Ends them. */
  terminate(pick?: number): Promise<void>;
  close(): Promise<void>;
}

/** Limits that no run comes near; no documents, so that the model alone answers. */
const settings = {
  features: { rag: false },
  limits: {
    messages_per_day: 1_000_000,
    messages_per_minute: 1_000_000,
    concurrent_connections: 100_000,
    requests_per_minute: 1_000_000,
  },
};

/**
 * @param adminUrl of the database, as superuser.
 * @param login whose backends may be terminated.
 */
export function openStoredTurns(adminUrl: string, login: string): StoredTurns {
  const pool = new pg.Pool({ connectionString: adminUrl, max: 4 });
  let schemas: string[] = [];

  /** The same for the tables of each tenant. */
  const forTenants = (sql: (schema: string) => string) => schemas.map(sql).join(" union all ");

  async function addTenants(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await pool.query("insert into tenants (id, name, settings) values ($1, $1, $2)", [
        id,
        JSON.stringify(settings),
      ]);
    }
    schemas = ids.map(tenantSchema);
  }

  async function listBackends(pick: number | undefined): Promise<number[]> {
    const { rows } = await pool.query<{ pid: number }>(
      "select pid from pg_stat_activity where usename = $1 order by backend_start, pid",
      [login],
    );
    const pids = rows.map(({ pid }) => pid);
    if (pick === undefined) return pids;
    const index = Math.floor(pick * pids.length);
    return pids.slice(index, index + 1);
  }

  return {
    addTenants,
    async listOpen() {
      const { rows } = await pool.query<OpenTurn>(
        forTenants(
          (schema) => `select id, attempt, owner, content from ${schema}.chat_messages
            where role = 'assistant' and state in ('queued', 'streaming')`,
        ),
      );
      return rows;
    },
    async listAll() {
      const { rows } = await pool.query<StoredTurn>(forTenants(selectTurns));
      return rows;
    },
    async listLeases() {
      // One that was given back has ended at -infinity.
      const { rows } = await pool.query<{ id: string; end: number }>(
        'select id, extract(epoch from expires_at)::float8 * 1000 as "end" from public.processes',
      );
      return new Map(rows.map(({ id, end }) => [id, end]));
    },
    listBackends,
    async terminate(pick) {
      const pids = await listBackends(pick);
      await pool.query("select pg_terminate_backend(pid) from unnest($1::int[]) as pid", [pids]);
    },
    close: () => pool.end(),
  };
}

const selectTurns = (schema: string) => `
  select q.id as "questionId", q.content as question, q.chat_id as "chatId", a.id as "answerId",
    a.seq::int as seq, a.state, coalesce(a.attempt, 0) as attempt, coalesce(a.content, '') as content,
    a.finish_reason as "finishReason", a.error_code as "errorCode", a.error_message as "errorMessage", a.total_tokens as "totalTokens",
    a.degraded, a.ended_at as "endedAt",
    (select count(*)::int from ${schema}.analytics n where n.message_id = a.id) as endings
  from ${schema}.chat_messages q left join ${schema}.chat_messages a on a.reply_to = q.id
  where q.role = 'user'`;
