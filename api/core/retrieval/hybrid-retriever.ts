import type { EmbeddedDocuments } from "../documents/embedded-documents.ts";
import type { Passage, Retriever } from "../documents/retriever.ts";
import type { Tenant } from "../tenant.ts";
import { fuseRanks } from "./fuse-ranks.ts";
import { retrievalIncomplete } from "./lexical-search.ts";
import type { VectorMatch } from "./vector-index.ts";
import type { VectorSearch } from "./vector-search.ts";

/** What the database knows of a passage without a question. */
export type StoredPassage = Omit<Passage, "score">;

export interface PassageFinder {
  /** Those of the ids that are there, in any order. */
  findPassages(tenant: Tenant, ids: readonly string[]): Promise<readonly StoredPassage[]>;
}

export interface HybridDeps {
  readonly lexical: Retriever;
  readonly search: VectorSearch;
  readonly passages: PassageFinder;
  readonly embedded: EmbeddedDocuments;
  /** See VectorDeps. */
  readonly space: string;
  /** See VectorSearchDeps. */
  readonly leastSimilarity: number;
}

/** What `Retrieval.degraded` says where the vectors couldn't be had. */
export const retrievalLexical = "retrieval_lexical";

/** Passages taken from each side: what stands behind them in both lists can't be among the best. */
const depth = 30;

/**
 * Searches by words and by meaning at the same time. Without vectors the words alone decide, and `degraded` says so;
 * a failure of the words' side is an error, as without vectors. Vectors whose passages are gone are passed over, and so are
 * those of another model: such documents are found by their words until they are embedded anew, which is asked for here.
 */
export function createHybridRetriever(deps: HybridDeps): Retriever {
  const { lexical, search, passages, embedded, space, leastSimilarity } = deps;

  async function findNear(
    tenant: Tenant,
    matches: readonly VectorMatch[],
    found: readonly Passage[],
  ) {
    const known = new Map<string, StoredPassage>(found.map((passage) => [passage.id, passage]));
    const missing = matches.map(({ id }) => id).filter((id) => !known.has(id));
    const others = missing.length > 0 ? await passages.findPassages(tenant, missing) : [];
    for (const passage of others) known.set(passage.id, passage);
    return matches.flatMap(({ id, score }) => {
      const passage = known.get(id);
      return passage ? [{ passage, similarity: score }] : [];
    });
  }

  return {
    async retrieve(tenant, question, limit, signal) {
      const failed = new AbortController();
      const wanted = Math.max(limit, depth);
      const searching = search.search(
        tenant.id,
        question,
        wanted,
        AbortSignal.any([signal, failed.signal]),
      );
      searching.catch(() => "It is awaited below, unless the words' side has failed");
      const byWords = await lexical.retrieve(tenant, question, wanted, signal).catch((error) => {
        failed.abort();
        throw error;
      });
      const matches = await searching;
      if (!matches) {
        const degraded = [...byWords.degraded, retrievalLexical];
        return { passages: byWords.passages.slice(0, limit), degraded };
      }
      const near = await findNear(tenant, matches, byWords.passages);
      const documentIds = [...new Set(near.map(({ passage }) => passage.documentId))];
      const { isBehind, stale } = await embedded.readState(tenant, space, documentIds);
      if (isBehind) await embedded.embedBehind(tenant, space);
      const sound = near.filter(({ passage }) => !stale.has(passage.documentId));
      const fused = fuseRanks(byWords.passages, sound, leastSimilarity);
      const degraded = new Set([...byWords.degraded, ...(isBehind ? [retrievalIncomplete] : [])]);
      return { passages: fused.slice(0, limit), degraded: [...degraded] };
    },
  };
}
