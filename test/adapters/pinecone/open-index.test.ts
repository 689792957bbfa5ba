import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failWith } from "../../support/loopback.ts";
import { openPineconeWorld, type PineconeWorld } from "./world.ts";

let world: PineconeWorld;

beforeEach(async () => {
  world = await openPineconeWorld();
});

afterEach(() => world.close());

const requestsOf = ({ server }: PineconeWorld) =>
  server.requests.map(({ method, path }) => `${method} ${path}`);

it("the index is described once, however many ask at a time", async () => {
  const { vectors } = world;
  await Promise.all([vectors.open(), vectors.count("a"), vectors.count("b")]);
  expect(requestsOf(world).filter((request) => request === "GET /indexes/miptech")).toHaveLength(1);
});

it("an index that isn't there is made: serverless, by cosine, where the settings say", async () => {
  const { server, open } = world;
  const vectors = open({ name: "fresh", dimensions: 8, cloud: "gcp", region: "europe-west4" });
  expect(await vectors.open()).toMatchObject({ isNew: true, isReady: true });
  expect(server.indexes.get("fresh")).toMatchObject({
    dimension: 8,
    metric: "cosine",
    cloud: "gcp",
    region: "europe-west4",
  });
});

it("an index that another process makes at the same moment is taken as it is", async () => {
  const { server, open } = world;
  const vectors = open({ name: "fresh" });
  server.queue(
    () => ({ status: 404, body: "" }),
    () => {
      server.addIndex("fresh", { dimension: 4 });
      return { status: 409, body: { error: { code: "ALREADY_EXISTS", message: "Taken" } } };
    },
  );
  expect(await vectors.open()).toMatchObject({ isNew: false, isReady: true });
});

it("an index that isn't ready is asked about anew, and takes nothing before", async () => {
  const { server, open } = world;
  server.addIndex("slow", { dimension: 4, initializing: 2 });
  const vectors = open({ name: "slow" });
  expect(await vectors.open()).toMatchObject({ isReady: false });
  await expect(vectors.count("a")).rejects.toMatchObject({ failure: "unavailable" });
  expect(await vectors.count("a").catch(String)).toBe(0);
});

it("with PINECONE_HOST the control plane isn't asked", async () => {
  const { server, open } = world;
  const vectors = open({ host: server.url, name: "unknown-to-the-control-plane" });
  expect(await vectors.count("a")).toBe(0);
  expect(requestsOf(world)).toEqual(["POST /describe_index_stats", "GET /namespaces/a"]);
});

describe("an index that isn't one for the model's vectors is told, with what to mend", () => {
  it("by its dimensions", async () => {
    const { server, open } = world;
    const text = "has vectors of 4 dimensions, and those of the embedding model have 1536";
    for (const plan of [{}, { host: server.url }]) {
      const failed = { failure: "misconfigured", message: expect.stringContaining(text) };
      await expect(open({ ...plan, dimensions: 1536 }).open()).rejects.toMatchObject(failed);
    }
  });

  it("by its metric", async () => {
    const { server, open } = world;
    server.addIndex("distances", { dimension: 4, metric: "euclidean" });
    const failed = { failure: "misconfigured", message: expect.stringContaining("by euclidean") };
    await expect(open({ name: "distances" }).open()).rejects.toMatchObject(failed);
  });
});

it("a control plane that fails is asked again by the next", async () => {
  const { server, vectors } = world;
  server.queue(failWith(401));
  await expect(vectors.count("a")).rejects.toMatchObject({ status: 401 });
  expect(await vectors.count("a")).toBe(0);
});
