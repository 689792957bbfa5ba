import type { EntityManager } from "@mikro-orm/postgresql";

/**
 * Runs a statement written with $1, $2 … within the entity manager's transaction. Its values go beside it: the ORM's
 * own `execute` writes them into the text, of which there would be several times as much as of a large document.
 */
export async function query<Row extends object>(
  em: EntityManager,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const statement = {
    sql: text,
    parameters: values,
    query: { kind: "RawNode" },
    queryId: { queryId: "raw" },
  };
  const kysely = em.getKysely<unknown>();
  const { rows } = await kysely.executeQuery<Row>(
    statement as unknown as Parameters<typeof kysely.executeQuery<Row>>[0],
  );
  return rows;
}
