import type { KeyStore } from "../../core/access/api-key.ts";
import type { Clock, Logger } from "../../core/ports.ts";
import type { PublicWork } from "./public-work.ts";

export interface KeyUses {
  readonly note: KeyStore["noteUse"];
  /** Writes what is left. Never throws. */
  close(): Promise<void>;
}

/** The latest use of each key, by its id. */
export type LatestUses = ReadonlyMap<string, Date>;

const writeMs = 60_000;

/** When keys were last used: collected, and written at most once a minute however often they are. */
export function createKeyUses(
  write: (uses: LatestUses) => Promise<void>,
  clock: Clock,
  logger: Logger,
): KeyUses {
  let uses = new Map<string, Date>();
  let cancelTimer: (() => void) | undefined;
  let isClosed = false;

  function note(id: string, at: Date): void {
    if (at.getTime() > (uses.get(id)?.getTime() ?? -Infinity)) uses.set(id, at);
    if (!isClosed) cancelTimer ??= clock.after(writeMs, () => void writeAll());
  }

  async function writeAll(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    if (uses.size === 0) return;
    const written = uses;
    uses = new Map();
    try {
      await write(written);
    } catch (error) {
      logger.warn({ err: error }, "When API keys were last used could not be written");
      for (const [id, at] of written) note(id, at);
    }
  }

  return {
    note,
    async close() {
      isClosed = true;
      await writeAll();
    },
  };
}

export async function writeUses(work: PublicWork, uses: LatestUses): Promise<void> {
  const rows = JSON.stringify([...uses].map(([id, at]) => ({ id, at })));
  await work.change((em) => em.execute(writeSql, [rows]));
}

/** In the order of the ids, so that two processes never wait for each other. */
const writeSql = `
  with used as materialized (
    select key.id, use.at from jsonb_to_recordset(?::jsonb) as use (id text, at timestamptz)
    join public.api_keys key on key.id = use.id
    order by key.id for no key update of key
  )
  update public.api_keys key set last_used_at = greatest(key.last_used_at, used.at)
  from used where key.id = used.id`;
