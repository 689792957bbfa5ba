import { RefusedError, type Api } from "./api.ts";

/** A document as the server tells of it. */
export interface RemoteDocument {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  /** Bytes. */
  readonly size: number;
  readonly ingestion: RemoteIngestion;
}

/** What becomes of the newest upload. */
export interface RemoteIngestion {
  readonly state: "queued" | "parsing" | "embedding" | "complete" | "failed";
  /** In percent. */
  readonly progress: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A passage that a question finds. */
export interface RemotePassage {
  readonly title: string;
  readonly heading: string;
  readonly text: string;
  readonly score: number;
  readonly contributions: readonly { readonly word: string; readonly score: number }[];
}

export interface RemoteSearch {
  /** What the search had to do without, such as `retrieval_incomplete`; a server of before doesn't say it. */
  readonly degraded?: readonly string[];
  readonly passages: readonly RemotePassage[];
}

export interface UploadedDocument extends RemoteDocument {
  readonly status: "created" | "replaced" | "unchanged";
}

/** One tenant's documents on the running server. @throws RefusedError, CommandError */
export interface DocumentClient {
  upload(source: string, text: Uint8Array, mediaType: string): Promise<UploadedDocument>;
  list(): Promise<RemoteDocument[]>;
  /** Undefined when there is no such document. */
  find(id: string): Promise<RemoteDocument | undefined>;
  /** Reads it once more. */
  retry(id: string): Promise<RemoteDocument>;
  search(question: string, limit: string | undefined): Promise<RemoteSearch>;
  findSource(source: string): Promise<RemoteDocument | undefined>;
  /** False when there was no such document. */
  remove(id: string): Promise<boolean>;
}

export function createDocumentClient(api: Api): DocumentClient {
  const path = "/documents";
  return {
    upload: (source, bytes, mediaType) =>
      api.call(path, { method: "POST", query: { source }, body: { bytes, mediaType } }),
    list: () => api.listAll(path),
    async find(id) {
      try {
        const { content: _content, ...document } = await api.call<
          RemoteDocument & { content: string }
        >(`${path}/${encodeURIComponent(id)}`);
        return document;
      } catch (error) {
        if (error instanceof RefusedError && error.code === "DOCUMENT_NOT_FOUND") return undefined;
        throw error;
      }
    },
    retry: (id) => api.call(`${path}/${encodeURIComponent(id)}/retry`, { method: "POST" }),
    search: (q, limit) => api.call(`${path}/search`, { query: { q, limit } }),
    async findSource(source) {
      const page = await api.call<{ items: RemoteDocument[] }>(path, { query: { source } });
      return page.items[0];
    },
    async remove(id) {
      try {
        await api.send(`${path}/${encodeURIComponent(id)}`, { method: "DELETE" });
        return true;
      } catch (error) {
        if (error instanceof RefusedError && error.code === "DOCUMENT_NOT_FOUND") return false;
        throw error;
      }
    },
  };
}
