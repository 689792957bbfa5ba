import { newId } from "../../core/ids.ts";
import type {
  DocumentStore,
  DocumentWithText,
  StoredDocument,
} from "../../core/documents/document-store.ts";
import type { Passage, Retriever, SentenceScorer } from "../../core/documents/retriever.ts";
import type { Tenant } from "../../core/tenant.ts";
import { takePage } from "./pages.ts";
import { findWords, scoreWords, weighWords } from "./words.ts";

interface Entry {
  readonly document: DocumentWithText;
  readonly passages: readonly {
    readonly passage: Omit<Passage, "score">;
    readonly words: readonly string[];
  }[];
}

/** Documents in memory, found by the rare words that they share with the question. */
export function createMemoryDocuments(): DocumentStore & Retriever & SentenceScorer {
  const byTenant = new Map<string, Map<string, Entry>>();
  const entriesOf = ({ id }: Tenant) => byTenant.get(id) ?? new Map<string, Entry>();
  const listDocuments = (tenant: Tenant) =>
    [...entriesOf(tenant).values()]
      .map((entry) => withoutText(entry.document))
      .toSorted((a, b) => (a.source < b.source ? -1 : 1));

  return {
    async putDocument(tenant, put, hash, drafts) {
      const { source, title, url, mediaType, text } = put;
      const entries = entriesOf(tenant);
      const before = entries.get(source)?.document;
      const { id = newId("doc"), createdAt = new Date() } = before ?? {};
      const document: DocumentWithText = {
        id,
        source,
        title,
        url,
        mediaType,
        text,
        createdAt,
        contentHash: hash,
        size: Buffer.byteLength(text),
      };
      const passages = drafts.map((draft) => ({
        passage: { ...draft, id: newId("psg"), documentId: id, title, url },
        words: findWords(`${title} ${draft.heading} ${draft.text}`),
      }));
      byTenant.set(tenant.id, entries.set(source, { document, passages }));
      return { document: withoutText(document), created: before === undefined };
    },
    async findDocument(tenant, id) {
      return [...entriesOf(tenant).values()].find(({ document }) => document.id === id)?.document;
    },
    async findSource(tenant, source) {
      const entry = entriesOf(tenant).get(source);
      return entry && withoutText(entry.document);
    },
    listDocuments: async (tenant) => listDocuments(tenant),
    pageDocuments: async (tenant, page) =>
      takePage(listDocuments(tenant), ({ source }) => [source], page, [""]),
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
      const passages = all
        .map(({ passage, words }) => ({ ...passage, score: scoreWords(asked, words, weigh) }))
        .filter(({ score }) => score > 0)
        .toSorted((a, b) => b.score - a.score)
        .slice(0, limit);
      return { passages, degraded: [] };
    },
    async scoreSentences(_tenant, question, sentences) {
      const words = sentences.map(findWords);
      const weigh = weighWords(words);
      const asked = findWords(question);
      return words.map((sentence) => scoreWords(asked, sentence, weigh));
    },
  };
}

function withoutText({ text: _text, ...document }: DocumentWithText): StoredDocument {
  return document;
}
