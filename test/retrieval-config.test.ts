import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../api/config.ts";

const secrets = { secretKey: "made", jwtSecretKey: "made too", adminToken: "made as well" };
const keys = { PINECONE_API_KEY: "pcsk_test", OPENAI_API_KEY: "sk-test" };
const read = (env: Record<string, string>) => readConfig(env, ".", () => secrets);

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    read({ ...keys, ...env });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

it("both keys mean vectors, with OpenAI's small model and an index of our name", () => {
  expect(read(keys).vectors).toEqual({
    deadlineMs: 2000,
    embedding: {
      apiKey: "sk-test",
      baseUrl: undefined,
      model: "text-embedding-3-small",
      dimensions: 1536,
      asksDimensions: false,
      leastSimilarity: 0.25,
    },
    pinecone: {
      apiKey: "pcsk_test",
      index: "miptech",
      host: undefined,
      controllerHost: undefined,
      cloud: "aws",
      region: "us-east-1",
    },
  });
});

it("one key alone means none, and Pinecone's says that it is of no use", () => {
  expect(read({ OPENAI_API_KEY: "sk-test" })).toMatchObject({ vectors: undefined, warnings: [] });
  const { vectors, warnings } = read({ PINECONE_API_KEY: "pcsk_test" });
  expect(vectors).toBeUndefined();
  expect(warnings.join()).toContain("words alone are searched");
});

it("placeholders count as unset, and say so", () => {
  const { vectors, warnings } = read({
    ...keys,
    PINECONE_API_KEY: "your-pinecone-api-key",
    PINECONE_ENV: "your-pinecone-environment",
  });
  expect(vectors).toBeUndefined();
  expect(warnings).toEqual([
    "PINECONE_API_KEY still has its placeholder and counts as unset",
    "PINECONE_ENV still has its placeholder and counts as unset",
  ]);
});

describe("where an index is made", () => {
  const places: Readonly<Record<string, readonly [Record<string, string>, string, string]>> = {
    "the seed's variable": [{ PINECONE_ENV: "us-west1-gcp" }, "gcp", "us-west1"],
    "as Pinecone's free plan had it": [{ PINECONE_ENV: "us-west1-gcp-free" }, "gcp", "us-west1"],
    "another cloud": [{ PINECONE_ENV: "eastus2-azure" }, "azure", "eastus2"],
    "by its longer name": [{ PINECONE_ENVIRONMENT: "eu-west-1-aws" }, "aws", "eu-west-1"],
    "cloud and region": [
      { PINECONE_ENV: "us-west1-gcp", PINECONE_CLOUD: "aws", PINECONE_REGION: "eu-west-1" },
      "aws",
      "eu-west-1",
    ],
  };
  for (const [what, [env, cloud, region]] of Object.entries(places)) {
    it(what, () => {
      expect(read({ ...keys, ...env }).vectors?.pinecone).toMatchObject({ cloud, region });
    });
  }

  it("is warned about where it is no place", () => {
    const { vectors, warnings } = read({ ...keys, PINECONE_ENV: "production" });
    expect(vectors?.pinecone).toMatchObject({ cloud: "aws", region: "us-east-1" });
    expect(warnings.join()).toContain("PINECONE_ENV=production is no place");
  });
});

it("hosts are taken as Pinecone shows them, and as addresses", () => {
  const { vectors } = read({
    ...keys,
    PINECONE_HOST: "miptech-abc.svc.aped-1234.pinecone.io",
    PINECONE_CONTROLLER_HOST: "http://127.0.0.1:5080/",
  });
  expect(vectors?.pinecone).toMatchObject({
    host: "https://miptech-abc.svc.aped-1234.pinecone.io",
    controllerHost: "http://127.0.0.1:5080",
  });
});

describe("the embedding model", () => {
  const embedding = (env: Record<string, string>) => read({ ...keys, ...env }).vectors?.embedding;

  it("may be another one of OpenAI's, with its own length and nearness", () => {
    expect(embedding({ EMBEDDING_MODEL: "text-embedding-ada-002" })).toMatchObject({
      dimensions: 1536,
      asksDimensions: false,
      leastSimilarity: 0.75,
    });
    expect(embedding({ OPENAI_EMBEDDING_MODEL: "text-embedding-3-large" })).toMatchObject({
      model: "text-embedding-3-large",
      dimensions: 3072,
    });
  });

  it("may be asked for shorter vectors", () => {
    expect(embedding({ EMBEDDING_DIMENSIONS: "512" })).toMatchObject({
      dimensions: 512,
      asksDimensions: true,
    });
  });

  it("may be on another server, which never gets OpenAI's key", () => {
    const own = {
      EMBEDDING_BASE_URL: "http://localhost:11434/v1",
      EMBEDDING_MODEL: "nomic-embed-text",
      EMBEDDING_DIMENSIONS: "768",
      EMBEDDING_LEAST_SIMILARITY: "55",
    };
    expect(embedding(own)).toEqual({
      apiKey: undefined,
      baseUrl: "http://localhost:11434/v1",
      model: "nomic-embed-text",
      dimensions: 768,
      asksDimensions: false,
      leastSimilarity: 0.55,
    });
    expect(embedding({ ...own, EMBEDDING_API_KEY: "own" })?.apiKey).toBe("own");
  });

  it("is warned about where a server of one's own may not have it", () => {
    const { warnings } = read({
      ...keys,
      OPENAI_BASE_URL: "http://localhost:11434/v1",
      OPENAI_MODEL: "llama3.2",
    });
    expect(warnings.join()).toContain("without EMBEDDING_MODEL");
  });
});

describe("faults, each named", () => {
  const faults: Readonly<Record<string, readonly [Record<string, string>, string]>> = {
    "a model of unknown length": [{ EMBEDDING_MODEL: "nomic-embed-text" }, "EMBEDDING_DIMENSIONS"],
    "a length that the model hasn't": [
      { EMBEDDING_MODEL: "text-embedding-ada-002", EMBEDDING_DIMENSIONS: "512" },
      "EMBEDDING_DIMENSIONS=512: text-embedding-ada-002 has 1536, and no others",
    ],
    "a length above the model's": [
      { EMBEDDING_DIMENSIONS: "2000" },
      "EMBEDDING_DIMENSIONS=2000: text-embedding-3-small has at most 1536",
    ],
    "a name that no index has": [{ PINECONE_INDEX: "My Index" }, "PINECONE_INDEX=My Index"],
    "a host with a path": [{ PINECONE_HOST: "https://pinecone.io/query" }, "PINECONE_HOST"],
    "an unknown cloud": [{ PINECONE_CLOUD: "moon" }, "PINECONE_CLOUD=moon"],
    "a key with a space": [{ PINECONE_API_KEY: "pcsk_a b" }, "PINECONE_API_KEY"],
    "printing the key": [{ PINECONE_DEBUG_CURL: "1" }, "PINECONE_DEBUG_CURL"],
    "no time at all": [{ VECTOR_TIMEOUT_MS: "0" }, "VECTOR_TIMEOUT_MS=0"],
  };
  for (const [what, [env, fault]] of Object.entries(faults)) {
    it(what, () => {
      expect(faultsOf(env)).toEqual([expect.stringContaining(fault)]);
    });
  }

  it("no fault repeats what may be a password", () => {
    const faults = faultsOf({
      PINECONE_HOST: "https://user:hunter2@pinecone.io/path",
      EMBEDDING_BASE_URL: "https://user:hunter2@example.com/v1",
      PINECONE_API_KEY: "hunter2 hunter2",
    });
    expect(faults).toHaveLength(3);
    expect(faults.join()).not.toContain("hunter2");
  });
});
