import pg from "pg";

/**
 * Lets go of connections that are lost inside a transaction. The query builder gives a connection back
 * to the pool only after a `rollback` that succeeds, and never after a `begin` that fails: each lost
 * one would hold a place in the pool for ever. A session that is gone holds no transaction, so here it
 * is ended, and the pool drops it when it is given back.
 */
export function freeLostConnections(pool: pg.Pool): void {
  pool.on("connect", (client) => {
    if (!(client instanceof pg.Client)) return;
    const query = client.query.bind(client);
    const ended = new Promise<void>((resolve) => {
      client.once("end", resolve);
    });
    Object.assign(client, {
      query(...args: Parameters<typeof query>): unknown {
        const answer: unknown = query(...args);
        const [text] = args;
        const isBorder = typeof text === "string" && (text === "begin" || text === "rollback");
        if (!isBorder || !(answer instanceof Promise)) return answer;
        return answer.catch(async () => {
          await Promise.race([ended, client.end()]);
          return { command: text, rowCount: 0, rows: [] };
        });
      },
    });
  });
}
