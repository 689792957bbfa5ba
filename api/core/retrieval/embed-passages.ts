import type { Embedder } from "./embedder.ts";
import type { PassageVector, VectorIndex } from "./vector-index.ts";

/** Both are there, or retrieval is lexical alone. */
export interface VectorDeps {
  readonly embedder: Embedder;
  readonly vectors: VectorIndex;
  /** Within which vectors can be compared: model, length and index, such as `text-embedding-3-small 1536 miptech`. */
  readonly space: string;
}

/** What of a passage is embedded. */
export interface PassageToEmbed {
  readonly id: string;
  /** Of its document; shorter passages often don't say what they are about. */
  readonly title: string;
  readonly heading: string;
  readonly text: string;
}

/** Passages that are embedded and stored in one go: progress is told, and an abort heard, between two of them. */
const stepSize = 96;

/**
 * Embeds a document's passages and stores their vectors under the passages' ids, so that doing it again changes
 * nothing. Vectors of older versions are left alone: `removeDocument` or `remove` takes them.
 * @param onProgress told how many passages are done, after each step; awaited.
 * @throws RetrievalServiceError; what the signal was aborted with.
 */
export async function embedPassages(
  { embedder, vectors }: Pick<VectorDeps, "embedder" | "vectors">,
  tenantId: string,
  documentId: string,
  passages: readonly PassageToEmbed[],
  onProgress: (done: number) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (let start = 0; start < passages.length; start += stepSize) {
    signal.throwIfAborted();
    const step = passages.slice(start, start + stepSize);
    const values = await embedder.embed(step.map(toText), signal);
    const rows = step.map(({ id }, rank): PassageVector => {
      const value = values[rank];
      if (!value) throw new RangeError("The embedder has left a text out");
      return { id, documentId, values: value };
    });
    await vectors.upsert(tenantId, rows, signal);
    await onProgress(start + step.length);
  }
}

/** A passage with what it stands under. */
function toText({ title, heading, text }: PassageToEmbed): string {
  return [title, heading, text].filter((part) => part.trim() !== "").join("\n");
}
