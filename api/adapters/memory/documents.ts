import { newId } from "../../core/ids.ts";
import type {
  DocumentStore,
  Passage,
  Retriever,
  SentenceScorer,
  StoredDocument,
} from "../../core/ports.ts";
import type { Tenant } from "../../core/tenant.ts";
import { findWords, scoreWords, weighWords } from "./words.ts";

interface Entry {
  readonly document: StoredDocument;
  readonly passages: readonly {
    readonly passage: Omit<Passage, "score">;
    readonly words: readonly string[];
  }[];
}

/** Documents in memory, found by the rare words that they share with the question. */
export function createMemoryDocuments(): DocumentStore & Retriever & SentenceScorer {
  const byTenant = new Map<string, Map<string, Entry>>();
  const entriesOf = ({ id }: Tenant) => byTenant.get(id) ?? new Map<string, Entry>();

  return {
    async putDocument(tenant, { source, title, url }, hash, drafts) {
      const entries = entriesOf(tenant);
      const id = entries.get(source)?.document.id ?? newId("doc");
      const document = { id, source, title, contentHash: hash };
      const passages = drafts.map((draft) => ({
        passage: { ...draft, id: newId("psg"), documentId: id, title, url },
        words: findWords(`${title} ${draft.heading} ${draft.text}`),
      }));
      byTenant.set(tenant.id, entries.set(source, { document, passages }));
      return document;
    },
    async listDocuments(tenant) {
      return [...entriesOf(tenant).values()].map((entry) => entry.document);
    },
    async deleteDocument(tenant, id) {
      const entries = entriesOf(tenant);
      const found = [...entries.values()].find((entry) => entry.document.id === id);
      return found !== undefined && entries.delete(found.document.source);
    },
    async retrieve(tenant, question, limit, signal) {
      signal.throwIfAborted();
      const all = [...entriesOf(tenant).values()].flatMap((entry) => entry.passages);
      const weigh = weighWords(all.map(({ words }) => words));
      const asked = findWords(question);
      return all
        .map(({ passage, words }) => ({ ...passage, score: scoreWords(asked, words, weigh) }))
        .filter(({ score }) => score > 0)
        .toSorted((a, b) => b.score - a.score)
        .slice(0, limit);
    },
    async scoreSentences(_tenant, question, sentences) {
      const words = sentences.map(findWords);
      const weigh = weighWords(words);
      const asked = findWords(question);
      return words.map((sentence) => scoreWords(asked, sentence, weigh));
    },
  };
}
