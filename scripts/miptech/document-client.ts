import { RefusedError, type Api } from "./api.ts";

/** A document as the server tells of it. */
export interface RemoteDocument {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  /** Bytes. */
  readonly size: number;
}

export interface UploadedDocument extends RemoteDocument {
  readonly status: "created" | "replaced" | "unchanged";
}

/** One tenant's documents on the running server. @throws RefusedError, CommandError */
export interface DocumentClient {
  upload(source: string, text: Uint8Array, mediaType: string): Promise<UploadedDocument>;
  list(): Promise<RemoteDocument[]>;
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
