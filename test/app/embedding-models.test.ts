import { afterAll, beforeAll, expect, it } from "vitest";
import { embeddingKey } from "../support/embedding-server.ts";
import { createRecordingLogger } from "../support/logger.ts";
import { modelKey } from "../support/model-platform.ts";
import { answerWith } from "../support/openai-server.ts";
import { pineconeKey } from "../support/pinecone-server.ts";
import { startPlatform, type Platform } from "../support/platform.ts";
import {
  startVectorPlatform,
  vectorDimensions,
  type VectorPlatform,
} from "../support/vector-platform.ts";
import { openWs } from "../support/ws-client.ts";

const handbook = `# Handbook

## Absence

Whoever falls ill tells the office by phone before nine in the morning, and sends the doctor's certificate on the third day.
`;
/** None of its words stands in the handbook; by its embedding it is about it. */
const question = "Whom should sick staff notify?";
const planted = { sick: "ill", staff: "certificate", notify: "tells", whom: "office" };

let world: VectorPlatform;
/** The same platform, later. */
let later: Platform;
const logger = createRecordingLogger();

beforeAll(async () => {
  world = await startVectorPlatform();
  for (const [word, meaning] of Object.entries(planted)) world.embeddings.plant(word, meaning);
  await world.bring("garden", "handbook.md", handbook);
  world.server.use(answerWith(["The office [1]."]));
  await world.platform.stop();
  later = await startPlatform({
    database: world.platform.database,
    env: {
      OPENAI_BASE_URL: world.server.baseUrl,
      OPENAI_API_KEY: modelKey,
      OPENAI_MODEL: "gpt-4",
      EMBEDDING_BASE_URL: world.embeddings.baseUrl,
      EMBEDDING_API_KEY: embeddingKey,
      EMBEDDING_DIMENSIONS: String(vectorDimensions),
      EMBEDDING_MODEL: "text-embedding-3-large",
      PINECONE_API_KEY: pineconeKey,
      PINECONE_CONTROLLER_HOST: world.pinecone.url,
    },
    overrides: { logger },
  });
});

afterAll(async () => {
  await later?.stop();
  await world?.close();
});

async function ask(): Promise<{ degraded: string[]; sources: unknown[] }> {
  const client = await openWs(later.wsUrl, { tenant_id: "garden" });
  client.send("chat_message", { message: question });
  const { data } = await client.until("response_complete");
  await client.close();
  return data as unknown as { degraded: string[]; sources: unknown[] };
}

async function spaces(): Promise<(string | null)[]> {
  const rows = await later.adminSql<{ by: string | null }>(
    "select distinct embedded_by as by from tenant_garden.document_versions order by 1",
  );
  return rows.map(({ by }) => by);
}

it("after a change of the embedding model the old vectors aren't listened to, and all are made anew in the background", async () => {
  expect(await spaces()).toContain(`text-embedding-3-small ${vectorDimensions} miptech`);
  expect(await ask()).toMatchObject({ degraded: ["retrieval_incomplete"], sources: [] });
  await expect
    .poll(spaces, { timeout: 10_000 })
    .toEqual([`text-embedding-3-large ${vectorDimensions} miptech`]);
  expect(await ask()).toMatchObject({ degraded: [], sources: [{ title: "Handbook" }] });
  const told = logger.lines.filter(({ text }) => text.includes("present embedding model"));
  expect(told).toHaveLength(1);
});
