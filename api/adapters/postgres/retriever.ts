import type { Passage, Retriever, SentenceScorer } from "../../core/documents/retriever.ts";
import { scoreSql, searchSql } from "./search-sql.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** Lexical search with PostgreSQL alone: no key, no service beside the database. */
export function createRetriever(work: TenantWork): Retriever & SentenceScorer {
  return {
    retrieve: (tenant, question, limit) =>
      work(tenant, async (em) => {
        const sql = searchSql(quotedSchema(tenant));
        const passages = await em.execute<Passage[]>(sql, [storable(question), limit]);
        return { passages, degraded: [] };
      }),
    scoreSentences: (tenant, question, sentences) =>
      work(tenant, async (em) => {
        const parameters = [storable(question), JSON.stringify(sentences.map(storable))];
        const rows = await em.execute<{ score: number }[]>(
          scoreSql(quotedSchema(tenant)),
          parameters,
        );
        return rows.map(({ score }) => score);
      }),
  };
}

/** PostgreSQL takes no NUL and no half of a surrogate pair. */
function storable(text: string): string {
  return text.replaceAll("\0", " ").toWellFormed();
}
