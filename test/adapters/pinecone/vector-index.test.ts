import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { vectorsContract } from "../../contracts/vectors.ts";
import { failWith, hang } from "../../support/loopback.ts";
import { pineconeKey } from "../../support/pinecone-server.ts";
import { openPineconeWorld, type PineconeWorld } from "./world.ts";

vectorsContract("Pinecone", async () => {
  const { vectors, close } = await openPineconeWorld();
  return { vectors, close };
});

let world: PineconeWorld;

beforeEach(async () => {
  world = await openPineconeWorld();
});

afterEach(() => world.close());

const east = [1, 0, 0, 0];
const one = { id: "psg_1", documentId: "doc_1", values: east };

it("Pinecone is told the passage's id, its vector and the id of its document, in the tenant's namespace", async () => {
  const { server, vectors } = world;
  await vectors.upsert("a-b", [one]);
  const sent = server.requests.at(-1);
  expect(sent).toMatchObject({ method: "POST", path: "/vectors/upsert" });
  expect(sent?.headers["api-key"]).toBe(pineconeKey);
  expect(sent?.body).toEqual({
    namespace: "a-b",
    vectors: [{ id: "psg_1", values: east, metadata: { documentId: "doc_1" } }],
  });
  expect([...server.namespaces.keys()]).toEqual(["a-b"]);
});

it("no request is larger than Pinecone takes, also of the longest vectors with the longest numbers", async () => {
  const { server, open } = world;
  server.addIndex("large", { dimension: 3072 });
  const vectors = open({ name: "large", dimensions: 3072 });
  await vectors.open();
  const sizes: number[] = [];
  server.use(({ body }) => {
    sizes.push(JSON.stringify(body).length);
    return { body: { upsertedCount: 1 } };
  });
  const values = Array.from({ length: 3072 }, (_, n) => -(1.234567890123456e-7 + n * 1e-12));
  await vectors.upsert(
    "a",
    Array.from({ length: 100 }, (_, n) => ({ id: `psg_${n}`, documentId: "doc_1", values })),
  );
  expect(sizes.length).toBeGreaterThan(1);
  expect(Math.max(...sizes)).toBeLessThan(2_000_000);
});

it("what was written a moment ago may not be seen yet, and then is", async () => {
  const { server, vectors } = world;
  server.isLate = true;
  await vectors.upsert("a", [one]);
  expect(await vectors.query("a", east, 3)).toEqual([]);
  expect(await vectors.count("a")).toBe(0);
  server.settle();
  expect((await vectors.query("a", east, 3)).map(({ id }) => id)).toEqual(["psg_1"]);
});

it("a tenant without a name is refused before anything is sent", async () => {
  await expect(world.vectors.query("", east, 3)).rejects.toThrow(RangeError);
  expect(world.server.requests).toHaveLength(0);
});

describe("a failure that may pass is tried again, with pauses", () => {
  for (const status of [429, 500, 503]) {
    it(`${status}`, async () => {
      const { server, vectors } = world;
      await vectors.upsert("a", [one]);
      const before = server.requests.length;
      server.queue(failWith(status), failWith(status));
      const found = await vectors.query("a", east, 3);
      expect(found.map(({ id }) => id)).toEqual(["psg_1"]);
      expect(server.requests).toHaveLength(before + 3);
    });
  }

  it("after the time that Retry-After names", async () => {
    const { server, vectors, clock } = world;
    await vectors.open();
    const inTenSeconds = new Date(clock.now() + 17_000).toUTCString();
    server.queue(
      failWith(429, { "retry-after": "7" }),
      failWith(503, { "retry-after": inTenSeconds }),
    );
    expect(await vectors.count("a")).toBe(0);
    expect(clock.pauses).toEqual([7000, 10_000]);
  });

  it("but not for longer than somebody waits", async () => {
    const { server, vectors } = world;
    await vectors.open();
    server.use(failWith(429, { "retry-after": "21" }));
    const before = server.requests.length;
    const failed = { failure: "unavailable", message: expect.stringContaining("HTTP 429") };
    await expect(vectors.count("a")).rejects.toMatchObject(failed);
    server.use(failWith(503));
    await expect(vectors.count("a")).rejects.toMatchObject({
      message: expect.stringContaining("HTTP 503"),
    });
    expect(server.requests.length).toBeLessThan(before + 10);
  });
});

describe("a failure that stays is told at once", () => {
  for (const status of [400, 401, 402, 403, 404]) {
    it(`${status}`, async () => {
      const { server, vectors } = world;
      await vectors.open();
      server.use(failWith(status));
      const failed = { failure: "misconfigured", service: "vectors", status };
      const before = server.requests.length;
      await expect(vectors.query("a", east, 3)).rejects.toMatchObject(failed);
      expect(server.requests).toHaveLength(before + 1);
    });
  }
});

it("an answer that doesn't come is given up, and its connection closed", async () => {
  const { server, vectors, clock } = world;
  await vectors.open();
  server.use(hang);
  const before = server.requests.length;
  const failed = vectors.count("a");
  const first = await server.nth(before);
  clock.expire();
  await expect(failed).rejects.toMatchObject({ message: "vectors: no answer within 30000 ms" });
  await first.closed;
});

it("an abort closes the request and leaves no timer", async () => {
  const { server, vectors, clock } = world;
  await vectors.open();
  server.use(hang);
  const before = server.requests.length;
  const leaving = new AbortController();
  const left = vectors.query("a", east, 3, leaving.signal);
  const request = await server.nth(before);
  leaving.abort(new Error("The caller left"));
  await expect(left).rejects.toThrow("The caller left");
  await request.closed;
  expect(clock.timers).toBe(0);
});

describe("a malformed answer is named, and is none", () => {
  const answers: Readonly<Record<string, unknown>> = {
    "no JSON": "<html>Bad gateway</html>",
    "matches without scores": { matches: [{ id: "psg_1" }] },
    "matches without ids": { matches: [{ score: 1 }] },
    "a score that is no number": { matches: [{ id: "psg_1", score: "high" }] },
    "matches that are no list": { matches: "none" },
  };
  for (const [what, body] of Object.entries(answers)) {
    it(what, async () => {
      const { server, vectors } = world;
      await vectors.open();
      server.use(() => ({ body }));
      const failed = { name: "RetrievalServiceError", failure: "unavailable" };
      await expect(vectors.query("a", east, 3)).rejects.toMatchObject(failed);
    });
  }
});

it("a redirect isn't followed: it would take the key along", async () => {
  const { server, vectors } = world;
  await vectors.open();
  const thief = await openPineconeWorld();
  server.use(() => ({ status: 307, headers: { location: `${thief.server.url}/query` } }));
  await expect(vectors.query("a", east, 3)).rejects.toThrow("no connection");
  expect(thief.server.requests).toHaveLength(0);
  await thief.close();
});

it("no error repeats the key", async () => {
  const { server, vectors, open } = world;
  const refused = open({}, `${pineconeKey}-wrong`);
  const error = await refused.count("a").catch((failure: unknown) => failure);
  expect(error).toMatchObject({ failure: "misconfigured", status: 401 });
  expect(String(error)).not.toContain(pineconeKey);
  await vectors.open();
  server.use(() => ({ status: 400, body: { message: `Your key ${pineconeKey} is odd` } }));
  const other = await vectors.count("a").catch((failure: unknown) => failure);
  expect(String(other)).toContain("Your key [key] is odd");
});

it("an index that was made anew at another host is found again", async () => {
  const { server, vectors } = world;
  await vectors.upsert("a", [one]);
  const before = server.requests.length;
  server.queue(() => ({ status: 404, body: "" }));
  await expect(vectors.count("a")).rejects.toMatchObject({ status: 404 });
  expect(await vectors.count("a")).toBe(1);
  const paths = server.requests.slice(before).map(({ path }) => path);
  expect(paths).toEqual(["/namespaces/a", "/indexes/miptech", "/namespaces/a"]);
});
