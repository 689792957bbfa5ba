import type { VectorConfig } from "./retrieval-config.ts";
import { StartError } from "./core/errors.ts";
import type { EmbeddedDocuments } from "./core/documents/embedded-documents.ts";
import type { Retriever } from "./core/documents/retriever.ts";
import type { Clock, Logger } from "./core/ports.ts";
import type { VectorDeps } from "./core/retrieval/embed-passages.ts";
import { createHybridRetriever, type PassageFinder } from "./core/retrieval/hybrid-retriever.ts";
import { RetrievalServiceError } from "./core/retrieval/service-error.ts";
import { createVectorSearch } from "./core/retrieval/vector-search.ts";
import { pause } from "./core/answering/paced-text.ts";
import type { PineconeIndex } from "./adapters/pinecone/vector-index.ts";

export interface RetrieverDeps {
  readonly lexical: Retriever;
  readonly passages: PassageFinder;
  readonly embedded: EmbeddedDocuments;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How the documents are searched. */
export interface OpenRetrieval {
  readonly retriever: Retriever;
  /** What documents are embedded and stored with; undefined where words alone are searched. */
  readonly vectors: VectorDeps | undefined;
  /** Embedding model and index, for the start to say; undefined where words alone are searched. */
  readonly name: string | undefined;
  /** What was odd at the start. */
  readonly warning: string | undefined;
  /** Of the vectors, since the last question; undefined where there are none. */
  isUp(): boolean | undefined;
}

/** In milliseconds, of requests that no person waits for, and of the start's. */
const patience = { requestMs: 30_000, retryMs: 20_000 } as const;
const startMs = { longest: 60_000, unreachable: 8000, pause: 1000 } as const;

/**
 * Words and vectors where both services are set up, else words alone. An index that doesn't exist is made. A service that is
 * away doesn't hold the start up: its index is opened when it is back.
 * @throws StartError when the index isn't one for the model's vectors, or the key is refused.
 */
export async function openRetrieval(
  config: VectorConfig | undefined,
  deps: RetrieverDeps,
): Promise<OpenRetrieval> {
  const { lexical, passages, embedded, clock, logger } = deps;
  if (!config) {
    const none = { vectors: undefined, name: undefined, warning: undefined };
    return { retriever: lexical, ...none, isUp: () => undefined };
  }
  // Loaded here and not at the top: a start without keys needn't wait for the SDKs.
  const [{ createOpenAIEmbedder }, { createPineconeIndex }] = await Promise.all([
    import("./adapters/openai/embedder.ts"),
    import("./adapters/pinecone/vector-index.ts"),
  ]);
  const { embedding, pinecone, deadlineMs } = config;
  const { leastSimilarity, dimensions } = embedding;
  const { index: name, ...place } = pinecone;
  const embedder = createOpenAIEmbedder({ ...embedding, ...patience, clock });
  const vectors = createPineconeIndex(
    { ...pinecone, ...patience, clock },
    { ...place, name, dimensions },
  );
  const { warning, isNew } = await openAtStart(vectors, deps);
  const space = `${embedding.model} ${dimensions} ${place.host ?? name}`;
  const search = createVectorSearch({
    embedder,
    vectors,
    clock,
    logger,
    deadlineMs,
    leastSimilarity,
  });
  return {
    retriever: createHybridRetriever({
      lexical,
      search,
      passages,
      embedded,
      space,
      leastSimilarity,
    }),
    vectors: { embedder, vectors, space },
    name: `${embedding.model} and Pinecone's index ${name}${isNew ? `, made just now in ${pinecone.cloud} ${pinecone.region}` : ""}`,
    warning,
    isUp: () => search.isUp,
  };
}

/** @throws StartError */
async function openAtStart(
  vectors: PineconeIndex,
  { clock }: RetrieverDeps,
): Promise<{ warning: string | undefined; isNew: boolean }> {
  const late = new AbortController();
  const cancelTimer = clock.after(startMs.unreachable, () => late.abort());
  try {
    const first = await vectors.open(late.signal);
    cancelTimer();
    const isReady = first.isReady || (await waitUntilReady(vectors, clock));
    return { isNew: first.isNew, warning: isReady ? undefined : away("its index isn't ready") };
  } catch (error) {
    if (late.signal.aborted) return { isNew: false, warning: away("it doesn't answer") };
    if (!(error instanceof RetrievalServiceError)) throw error;
    if (error.failure === "misconfigured") throw new StartError(`Pinecone: ${error.message}`);
    return { isNew: false, warning: away(error.message) };
  } finally {
    cancelTimer();
  }
}

/** A new index takes some seconds. */
async function waitUntilReady(vectors: PineconeIndex, clock: Clock): Promise<boolean> {
  const until = clock.now() + startMs.longest;
  const never = new AbortController().signal;
  while (clock.now() < until) {
    await pause(clock, startMs.pause, never);
    if ((await vectors.open()).isReady) return true;
  }
  return false;
}

function away(why: string): string {
  return `Pinecone can't be used at the moment (${why}): questions are searched by their words alone until it can`;
}
