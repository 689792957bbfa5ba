import type { DocumentStore } from "../../core/documents/document-store.ts";
import type { IngestionStore } from "../../core/documents/ingestion.ts";
import type { Retriever, SentenceScorer } from "../../core/documents/retriever.ts";
import { collectTerms } from "../../core/retrieval/document-terms.ts";
import { createLexicalSearch } from "../../core/retrieval/lexical-search.ts";
import type { PassageFinder } from "../../core/retrieval/hybrid-retriever.ts";
import type { ReadIndex } from "../../core/retrieval/search-index.ts";
import type { TextAnalyzer } from "../../core/retrieval/text-analyzer.ts";
import {
  createDocumentRows,
  type LiveContent,
  type MemoryDocumentOptions,
} from "./document-rows.ts";
import { createMemoryPassageFinder } from "./passages-by-id.ts";
import { indexDocuments, type IndexedDocument } from "./search-index.ts";

/** Documents in memory, which are searched as those in PostgreSQL are. */
export function createMemoryDocuments(
  analyzer: TextAnalyzer,
  options: MemoryDocumentOptions = {},
): DocumentStore &
  IngestionStore &
  Retriever &
  SentenceScorer &
  PassageFinder & { readonly readIndex: ReadIndex } {
  const { contentsOf, ...rows } = createDocumentRows(options);
  const indexed = new WeakMap<LiveContent, IndexedDocument>();

  function indexContent(content: LiveContent): IndexedDocument {
    const known = indexed.get(content);
    if (known) return known;
    const { title, passages } = content;
    const sample = [title, ...passages.map(({ text }) => text)].join("\n").slice(0, 6000);
    const language = content.language ?? analyzer.detectLanguage(sample);
    const collector = collectTerms(analyzer, language, title);
    for (const passage of passages) collector.add(passage);
    const one = { terms: collector.finish(), passages };
    indexed.set(content, one);
    return one;
  }

  const readIndex: ReadIndex = (tenant, read) => {
    const contents = contentsOf(tenant).map((one): [number, IndexedDocument] => [
      one.number,
      indexContent(one),
    ]);
    return read(indexDocuments(new Map(contents)));
  };
  const passages = createMemoryPassageFinder(contentsOf);
  return { ...rows, ...createLexicalSearch({ readIndex, analyzer }), ...passages, readIndex };
}
