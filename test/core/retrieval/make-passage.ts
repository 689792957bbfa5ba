import type { Passage } from "../../../api/core/documents/retriever.ts";

export function makePassage(n: number, text: string, score: number): Passage {
  const place = { title: `Title ${n}`, url: null, heading: `Heading ${n}`, page: null };
  return { id: `passage-${n}`, documentId: `document-${n}`, ...place, text, start: 100 * n, score };
}
