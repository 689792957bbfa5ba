import { embeddingKey, startEmbeddingServer, type EmbeddingServer } from "./embedding-server.ts";
import { startModelPlatform, type ModelPlatform } from "./model-platform.ts";
import { pineconeKey, startPineconeServer, type PineconeServer } from "./pinecone-server.ts";
import { adminToken } from "./platform.ts";

export const vectorDimensions = 256;

/** The platform with a language model, embeddings and Pinecone that a test plays, all of them over the real SDKs. */
export interface VectorPlatform extends ModelPlatform {
  readonly embeddings: EmbeddingServer;
  readonly pinecone: PineconeServer;
  /** Brings a document, until it is taken in. @returns the document's id. */
  bring(tenantId: string, source: string, content: string): Promise<string>;
  health(): Promise<{ status: string; checks: Record<string, string> }>;
}

export async function startVectorPlatform(
  env: Record<string, string> = {},
): Promise<VectorPlatform> {
  const embeddings = await startEmbeddingServer();
  const pinecone = await startPineconeServer();
  const world = await startModelPlatform({
    EMBEDDING_BASE_URL: embeddings.baseUrl,
    EMBEDDING_API_KEY: embeddingKey,
    EMBEDDING_DIMENSIONS: String(vectorDimensions),
    EMBEDDING_MODEL: "text-embedding-3-small",
    PINECONE_API_KEY: pineconeKey,
    PINECONE_CONTROLLER_HOST: pinecone.url,
    ...env,
  });
  const { platform } = world;

  return {
    ...world,
    embeddings,
    pinecone,
    async bring(tenantId, source, content) {
      const response = await fetch(`${platform.url}/api/v1/admin/documents`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-Tenant-ID": tenantId,
          "X-Admin-Token": adminToken,
        },
        body: JSON.stringify({ source, content }),
      });
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
      const { id, ingestion } = (await response.json()) as {
        id: string;
        ingestion: { state: string };
      };
      if (ingestion.state !== "complete") throw new Error(`The document is ${ingestion.state}`);
      return id;
    },
    async health() {
      const response = await fetch(`${platform.url}/health`);
      return (await response.json()) as { status: string; checks: Record<string, string> };
    },
    async close() {
      await world.close();
      await Promise.all([embeddings.close(), pinecone.close()]);
    },
  };
}
