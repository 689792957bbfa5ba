import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { embeddingKey } from "../support/embedding-server.ts";
import { failWith } from "../support/loopback.ts";
import { answerWith } from "../support/openai-server.ts";
import { pineconeKey } from "../support/pinecone-server.ts";
import { adminToken, insertTenant } from "../support/platform.ts";
import {
  startVectorPlatform,
  vectorDimensions,
  type VectorPlatform,
} from "../support/vector-platform.ts";

const handbook = `# Handbook

## Absence

Whoever falls ill tells the office by phone before nine in the morning, and sends the doctor's certificate on the third day.

## Parking

Cars of employees stand behind the bakery. The barrier opens with the badge.
`;
/** None of its words stands in the handbook; by its embedding it is about the first section. */
const question = "Whom should sick staff notify?";
const planted = { sick: "ill", staff: "certificate", notify: "tells", whom: "office" };

let world: VectorPlatform;
let handbookId: string;

beforeAll(async () => {
  world = await startVectorPlatform({ VECTOR_TIMEOUT_MS: "1500" });
  for (const [word, meaning] of Object.entries(planted)) world.embeddings.plant(word, meaning);
  await insertTenant(world.platform, "garden-b");
  handbookId = await world.bring("garden", "handbook.md", handbook);
  world.server.use(answerWith(["The office, by phone before nine [1]."]));
});

afterEach(async () => {
  world.embeddings.use(undefined);
  world.pinecone.use(undefined);
});

afterAll(() => world?.close());

/** What the model was given as passages at last. */
function givenPassages(): string {
  return world.server.requests.at(-1)?.body.messages.at(-1)?.content ?? "";
}

it("the index was made for the model's vectors, and the start says what searches", () => {
  expect(world.pinecone.indexes.get("miptech")).toMatchObject({
    dimension: vectorDimensions,
    metric: "cosine",
  });
  expect(world.platform.app).toMatchObject({
    vectorsName:
      "text-embedding-3-small and Pinecone's index miptech, made just now in aws us-east-1",
    searchWarning: undefined,
  });
});

it("over a WebSocket, a question in other words is answered from the passage that means it, and cites it", async () => {
  const turn = await world.ask(question);
  const { frame, text } = await turn.end();
  expect(text).toBe("The office, by phone before nine [1].");
  expect(givenPassages()).toContain("Whoever falls ill tells the office");
  expect(frame).toMatchObject({
    type: "response_complete",
    data: {
      degraded: [],
      sources: [{ number: 1, document_id: handbookId, title: "Handbook" }],
    },
  });
  const [source] = Reflect.get(frame.data, "sources") as {
    excerpt: string;
    start: number;
    end: number;
    score: number;
  }[];
  expect(handbook.slice(source?.start, source?.end)).toBe(source?.excerpt);
  expect(source?.score).toBeGreaterThan(0.2);
  expect(source?.score).toBeLessThanOrEqual(1);
});

it("over REST it is answered in the same way", async () => {
  const post = async (path: string, body: object) => {
    const response = await fetch(`${world.platform.url}/api/v1/chat${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Tenant-ID": "garden" },
      body: JSON.stringify(body),
    });
    expect(response.ok).toBe(true);
    return (await response.json()) as Record<string, unknown>;
  };
  const chat = await post("/", { title: "Absence" });
  const answered = await post(`/${String(chat["id"])}/messages`, { content: question });
  expect(JSON.stringify(answered)).toContain(handbookId);
  expect(givenPassages()).toContain("Whoever falls ill tells the office");
});

it("without vectors the same words find nothing: the passage was found by its meaning", async () => {
  world.pinecone.use(() => ({ body: { matches: [] } }));
  await (await world.ask(question)).end();
  expect(givenPassages()).not.toContain("Whoever falls ill");
});

it("another tenant finds nothing of it, though its id begins alike, and keeps vectors of its own", async () => {
  const { pinecone } = world;
  const turn = await world.ask(question, {}, "garden-b");
  expect((await turn.end()).frame).toMatchObject({ data: { sources: [], degraded: [] } });
  expect(givenPassages()).not.toContain("Whoever falls ill");
  await world.bring("garden-b", "handbook.md", "# Shop\n\nWhoever is ill tells Mrs Miller.");
  expect([...pinecone.namespaces.keys()].toSorted()).toEqual(["garden", "garden-b"]);
  await (await world.ask(question, {}, "garden-b")).end();
  expect(givenPassages()).toContain("Mrs Miller");
  expect(givenPassages()).not.toContain("Whoever falls ill");
});

it("vectors that another tenant's passages are planted under show nothing", async () => {
  const ids = [...(world.pinecone.namespaces.get("garden")?.keys() ?? [])];
  world.pinecone.use(() => ({ body: { matches: ids.map((id) => ({ id, score: 0.99 })) } }));
  await (await world.ask(question, {}, "garden-b")).end();
  expect(givenPassages()).not.toContain("Whoever falls ill");
});

it("while the services fail questions are answered by words, say so, and are logged once; then vectors are back", async () => {
  const { logger } = world;
  const outages = () => logger.lines.filter(({ text }) => text.startsWith("Vectors can't be had"));
  const byWords = "When does the barrier open?";
  const before = outages().length;
  world.embeddings.use(failWith(500));
  for (let n = 0; n < 3; n += 1) {
    const { frame } = await (await world.ask(byWords)).end();
    expect(frame).toMatchObject({
      type: "response_complete",
      data: { degraded: ["retrieval_lexical"], sources: [{ document_id: handbookId }] },
    });
    expect(givenPassages()).toContain("The barrier opens with the badge");
  }
  expect(outages()).toHaveLength(before + 1);
  expect(await world.health()).toMatchObject({ status: "degraded", checks: { vectors: "down" } });
  world.embeddings.use(undefined);
  const isWhole = async () => {
    const { frame } = await (await world.ask(byWords)).end();
    return Reflect.get(frame.data, "degraded");
  };
  await expect.poll(isWhole, { timeout: 15_000 }).toEqual([]);
  await expect
    .poll(world.health, { timeout: 15_000 })
    .toMatchObject({ status: "healthy", checks: { vectors: "up" } });
});

it("neither a key nor a question is logged", async () => {
  world.embeddings.use(({ headers, body }) => ({
    status: 400,
    body: { error: { message: JSON.stringify([headers, body]) } },
  }));
  const told = "My name is Rumpelstiltskin, may I park here?";
  const { frame } = await (await world.ask(told)).end();
  expect(frame).toMatchObject({ data: { degraded: ["retrieval_lexical"] } });
  const logged = inspect(world.logger.lines, { depth: null });
  expect(logged).toContain("embeddings: HTTP 400");
  for (const secret of [embeddingKey, pineconeKey, "Rumpelstiltskin"]) {
    expect(logged).not.toContain(secret);
  }
});

it("a new version takes the place of the old one's vectors, and a document that is deleted leaves none", async () => {
  const { pinecone, platform } = world;
  const source = "shop.md";
  const vectorsOf = (id: string) =>
    [...(pinecone.namespaces.get("garden")?.values() ?? [])]
      .filter(({ metadata }) => metadata["documentId"] === id)
      .map((vector) => vector.id);
  const id = await world.bring("garden", source, "# Shop\n\nThe shop sells bread.");
  const before = vectorsOf(id);
  expect(before).toHaveLength(1);
  expect(await world.bring("garden", source, "# Shop\n\nThe shop sells cake.")).toBe(id);
  await expect.poll(() => vectorsOf(id), { timeout: 15_000 }).toHaveLength(1);
  expect(vectorsOf(id)).not.toEqual(before);
  const response = await fetch(`${platform.url}/api/v1/admin/documents/${id}`, {
    method: "DELETE",
    headers: { "X-Tenant-ID": "garden", "X-Admin-Token": adminToken },
  });
  expect(response.status).toBe(204);
  await expect.poll(() => vectorsOf(id), { timeout: 15_000 }).toEqual([]);
});
