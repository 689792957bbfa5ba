import type { Retriever, SentenceScorer } from "../../core/documents/retriever.ts";
import { createLexicalSearch } from "../../core/retrieval/lexical-search.ts";
import type { ReadIndex } from "../../core/retrieval/search-index.ts";
import type { TextAnalyzer } from "../../core/retrieval/text-analyzer.ts";
import type { Indexing } from "./indexing.ts";
import { openIndex } from "./search-index.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

export interface RetrieverDeps {
  readonly analyzer: TextAnalyzer;
  /** The schema that pg_trgm is installed in; undefined: misspelt words stay unknown. */
  readonly trigrams: string | undefined;
  readonly indexing: Indexing;
}

/** Lexical search with PostgreSQL alone: no key, no service beside the database. */
export function createRetriever(
  work: TenantWork,
  deps: RetrieverDeps,
): Retriever & SentenceScorer & { readonly readIndex: ReadIndex } {
  const readIndex = createReadIndex(work, deps);
  return { ...createLexicalSearch({ readIndex, analyzer: deps.analyzer }), readIndex };
}

/** Beyond these a reader keeps writers out, so that it comes to an end. */
const mostTries = 3;

/**
 * Reads again what has changed under a reader. An index that another release has left behind is read as it is, and
 * looked after in the background: who reads it waits for nobody.
 */
function createReadIndex(
  work: TenantWork,
  { analyzer: { version }, trigrams, indexing }: RetrieverDeps,
): ReadIndex {
  return async (tenant, read) => {
    const schema = quotedSchema(tenant);
    let isIncomplete = false;
    for (let tries = 1; ; tries += 1) {
      const isLast = tries >= mostTries;
      const { result, index } = await work(tenant, async (em) => {
        if (isLast && !isIncomplete)
          await em.execute(`select from ${schema}.search_stats for share`);
        const opened = openIndex(em, schema, { trigrams, version });
        return { result: await read(opened), index: opened };
      });
      const { seen } = index;
      isIncomplete = seen?.isComplete === false;
      if (index.hasChanged && !isLast) continue;
      if (isIncomplete) await indexing.request(tenant);
      else if (seen && seen.version < version) await indexing.settle(tenant);
      return result;
    }
  };
}
