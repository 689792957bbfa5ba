import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerWith } from "../support/openai-server.ts";
import { insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { startVectorPlatform, type VectorPlatform } from "../support/vector-platform.ts";
import {
  ask,
  bringBare,
  bringByCommand,
  bringForm,
  bringGraphql,
  readText,
  type Bring,
  type BroughtDocument,
  type Reply,
} from "./formats/documents.ts";
import { makeLargeSamples, makeSmallSamples, type Sample } from "./formats/samples.ts";

const names = [
  ["a plain text", 0],
  ["Markdown", 1],
  ["HTML", 2],
  ["a PDF", 3],
  ["a Word document", 4],
  ["CSV", 5],
  ["JSON", 6],
] as const;

/** How the small ones come; the others come as bodies. */
const doors: Record<string, Bring> = {
  "a PDF": bringForm,
  "a Word document": bringGraphql,
  CSV: bringByCommand,
};

let samples: { readonly small: readonly Sample[]; readonly large: readonly Sample[] };
let keyless: Platform;
let world: VectorPlatform;

beforeAll(async () => {
  samples = { small: await makeSmallSamples(), large: await makeLargeSamples() };
  keyless = await startPlatform();
  await insertTenant(keyless, "garden");
  world = await startVectorPlatform();
});
afterAll(async () => {
  await keyless?.close();
  await world?.close();
});

/** The answer cites this very document at this very place. */
async function expectCited(
  url: string,
  { content, sources }: Reply,
  { id }: BroughtDocument,
  { fact, title, heading, page }: Sample,
): Promise<void> {
  const [first] = sources;
  if (!first) throw new Error(`No source: ${content}`);
  expect(content).toContain(`[${first.number}]`);
  expect(first).toMatchObject({ document_id: id, title, heading, page, verified: true });
  expect(first.excerpt).toContain(fact);
  const text = await readText(url, "garden", id);
  expect(text.slice(first.start, first.end)).toBe(first.excerpt);
}

/** What the model is given has the fact in a passage, whose number it cites; else it knows nothing. */
function quoteFact({ fact }: Sample): void {
  world.server.use((request) => {
    const given = request.body.messages.at(-1)?.content ?? "";
    const passages = [...given.matchAll(/<passage number="(\d+)"[^>]*>\n(.*?)\n<\/passage>/gs)];
    const found = passages.find(([, , text = ""]) => text.includes(fact));
    const quote = fact.replaceAll('"', "'").replaceAll("\n", " ");
    const told = found ? `It says "${quote}" [${found[1]}].` : "I don't know.";
    answerWith([told])(request);
  });
}

describe.each(["small", "large"] as const)("a %s document", (size) => {
  test.each(names)("that is %s is read, and cited at its very place", async (name, at) => {
    const sample = samples[size][at] ?? expect.unreachable();
    const bring = (size === "small" && doors[name]) || bringBare;
    const document = await bring(keyless.url, "garden", sample);
    expect(document).toMatchObject({
      title: sample.title,
      ingestion: { state: "complete", progress: 100, error: null },
    });
    const reply = await ask(keyless.url, "garden", sample.question);
    await expectCited(keyless.url, reply, document, sample);
  });

  test.each(names)(
    "that is %s is read, embedded, found by vectors, and cited at its very place",
    async (name, at) => {
      const { url } = world.platform;
      const sample = samples[size][at] ?? expect.unreachable();
      const bring = (size === "small" && doors[name]) || bringBare;
      const document = await bring(url, "garden", sample);
      expect(document.ingestion).toMatchObject({ state: "complete", error: null });
      const vectors = [...(world.pinecone.namespaces.get("garden")?.values() ?? [])];
      const own = vectors.filter(({ metadata }) => metadata["documentId"] === document.id);
      expect(own.length).toBeGreaterThan(size === "large" ? 100 : 0);
      quoteFact(sample);
      const reply = await ask(url, "garden", sample.question);
      expect(reply.degraded).toEqual([]);
      await expectCited(url, reply, document, sample);
    },
  );
});
