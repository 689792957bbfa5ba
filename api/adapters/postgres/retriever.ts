import type { Retriever, SentenceScorer } from "../../core/documents/retriever.ts";
import { createLexicalSearch } from "../../core/retrieval/lexical-search.ts";
import type { ReadIndex } from "../../core/retrieval/search-index.ts";
import type { TextAnalyzer } from "../../core/retrieval/text-analyzer.ts";
import { createReindexer } from "./reindex.ts";
import { openIndex } from "./search-index.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

export interface RetrieverDeps {
  readonly analyzer: TextAnalyzer;
  /** The schema that pg_trgm is installed in; undefined: misspelt words stay unknown. */
  readonly trigrams: string | undefined;
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

/** Reads again what has changed under a reader, and indexes first what another release has left. */
function createReadIndex(work: TenantWork, { analyzer, trigrams }: RetrieverDeps): ReadIndex {
  const reindex = createReindexer(work, analyzer);
  return async (tenant, read) => {
    const schema = quotedSchema(tenant);
    for (let tries = 1; ; tries += 1) {
      const { result, index } = await work(tenant, async (em) => {
        if (tries >= mostTries) await em.execute(`select from ${schema}.search_stats for share`);
        const opened = openIndex(em, schema, trigrams);
        return { result: await read(opened), index: opened };
      });
      const isBehind = (index.seen?.version ?? Infinity) < analyzer.version;
      if (isBehind) await reindex(tenant);
      if (!isBehind && (!index.hasChanged || tries >= mostTries)) return result;
    }
  };
}
