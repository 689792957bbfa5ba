import type { EnvReader } from "./env-reader.ts";

/** Embeddings and the vectors made of them; see .env.example. */
export interface VectorConfig {
  readonly embedding: EmbeddingConfig;
  readonly pinecone: PineconeConfig;
  /** Milliseconds that a question waits for both. */
  readonly deadlineMs: number;
}

export interface EmbeddingConfig {
  readonly apiKey: string | undefined;
  /** Undefined: OpenAI's own. */
  readonly baseUrl: string | undefined;
  readonly model: string;
  /** How long its vectors are. */
  readonly dimensions: number;
  /** Whether it is to be asked for vectors of that length. */
  readonly asksDimensions: boolean;
  /** Cosine similarity below which two texts have nothing to do with each other. */
  readonly leastSimilarity: number;
}

export interface PineconeConfig {
  readonly apiKey: string;
  readonly index: string;
  /** Of the index' data; undefined: the control plane is asked. */
  readonly host: string | undefined;
  /** Undefined: Pinecone's own. */
  readonly controllerHost: string | undefined;
  /** Where the index is made when it isn't there. */
  readonly cloud: string;
  readonly region: string;
}

interface KnownModel {
  readonly dimensions: number;
  /** Whether its vectors can be shortened. */
  readonly isFlexible: boolean;
  /** In percent. */
  readonly leastSimilarity: number;
}

/**
 * OpenAI's own. Texts that have nothing in common are nearly at right angles with the third generation, and about 0.7 alike
 * with the second.
 */
const knownModels: Readonly<Record<string, KnownModel>> = {
  "text-embedding-3-small": { dimensions: 1536, isFlexible: true, leastSimilarity: 25 },
  "text-embedding-3-large": { dimensions: 3072, isFlexible: true, leastSimilarity: 25 },
  "text-embedding-ada-002": { dimensions: 1536, isFlexible: false, leastSimilarity: 75 },
};
const standardModel = "text-embedding-3-small";
const standardSimilarity = 40;
const standardPlace = { cloud: "aws", region: "us-east-1" } as const;

/** Both keys mean vectors; undefined: words alone are searched. */
export function readVectors(reader: EnvReader): VectorConfig | undefined {
  const pinecone = readPinecone(reader);
  const embedding = readEmbedding(reader, pinecone !== undefined);
  const deadlineMs = reader.integer("VECTOR_TIMEOUT_MS", 2000, 50, 60_000);
  if (!pinecone) return undefined;
  if (!embedding) {
    reader.warn(
      "PINECONE_API_KEY is set without OPENAI_API_KEY, OPENAI_BASE_URL or EMBEDDING_BASE_URL: nothing makes vectors, and words alone are searched",
    );
    return undefined;
  }
  return { embedding, pinecone, deadlineMs };
}

/** @param isWanted whether its faults matter. */
function readEmbedding(reader: EnvReader, isWanted: boolean): EmbeddingConfig | undefined {
  const own = readAddress(reader, "EMBEDDING_BASE_URL", "EMBEDDING_API_KEY");
  const ownKey = readKey(reader, "EMBEDDING_API_KEY");
  const shared = reader.text("OPENAI_BASE_URL");
  // The key of one server is not for another to see.
  const apiKey = ownKey ?? (own === undefined ? reader.text("OPENAI_API_KEY") : undefined);
  const baseUrl = own ?? shared;
  const named = reader.text("EMBEDDING_MODEL") ?? reader.text("OPENAI_EMBEDDING_MODEL");
  const given = reader.optionalInteger("EMBEDDING_DIMENSIONS", 1, 20_000);
  const similarity = reader.optionalInteger("EMBEDDING_LEAST_SIMILARITY", 0, 99);
  if (!isWanted || (apiKey === undefined && baseUrl === undefined)) return undefined;
  if (baseUrl !== undefined && named === undefined) {
    reader.warn(
      `Embeddings are asked of a server of your own without EMBEDDING_MODEL: ${standardModel} is asked for, which it may not have`,
    );
  }
  const model = named ?? standardModel;
  const known = Object.hasOwn(knownModels, model) ? knownModels[model] : undefined;
  const dimensions = given ?? known?.dimensions;
  if (dimensions === undefined) {
    reader.fault(
      `EMBEDDING_DIMENSIONS: how long the vectors of ${model} are isn't known here, so it has to be set`,
    );
  }
  if (known && given !== undefined) checkLength(reader, model, known, given);
  return {
    apiKey,
    baseUrl,
    model,
    dimensions: dimensions ?? 0,
    asksDimensions: known?.isFlexible === true && given !== undefined,
    leastSimilarity: (similarity ?? known?.leastSimilarity ?? standardSimilarity) / 100,
  };
}

function checkLength(reader: EnvReader, model: string, known: KnownModel, given: number): void {
  const { dimensions, isFlexible } = known;
  if (given === dimensions || (isFlexible && given < dimensions)) return;
  const expected = isFlexible ? `at most ${dimensions}` : `${dimensions}, and no others`;
  reader.fault(`EMBEDDING_DIMENSIONS=${given}: ${model} has ${expected}`);
}

function readPinecone(reader: EnvReader): PineconeConfig | undefined {
  const apiKey = readKey(reader, "PINECONE_API_KEY");
  const index = reader.text("PINECONE_INDEX") ?? "miptech";
  if (!/^[a-z0-9](?:[a-z0-9-]{0,43}[a-z0-9])?$/.test(index)) {
    reader.fault(
      `PINECONE_INDEX=${index}: at most 45 lower-case letters, digits and hyphens are expected, with no hyphen at an end`,
    );
  }
  const host = readHost(reader, "PINECONE_HOST");
  const controllerHost = readHost(reader, "PINECONE_CONTROLLER_HOST");
  const place = readPlace(reader);
  if (apiKey === undefined) return undefined;
  if (reader.text("PINECONE_DEBUG_CURL") !== undefined) {
    reader.fault("PINECONE_DEBUG_CURL: Pinecone's library would print the key with each request");
  }
  return { apiKey, index, host, controllerHost, ...place };
}

/** The seed's PINECONE_ENV is a place such as `us-east-1-aws` or `us-east1-gcp`. */
function readPlace(reader: EnvReader): { cloud: string; region: string } {
  const environment = reader.text("PINECONE_ENV") ?? reader.text("PINECONE_ENVIRONMENT");
  const [, region, cloud] = /^([a-z][a-z0-9-]*?)-(aws|gcp|azure)\b/.exec(environment ?? "") ?? [];
  if (environment !== undefined && cloud === undefined) {
    reader.warn(
      `PINECONE_ENV=${environment} is no place such as us-east-1-aws and counts as unset; PINECONE_CLOUD and PINECONE_REGION say it too`,
    );
  }
  return {
    cloud: reader.oneOf("PINECONE_CLOUD", ["aws", "gcp", "azure"], toCloud(cloud)),
    region: reader.text("PINECONE_REGION") ?? region ?? standardPlace.region,
  };
}

function toCloud(name: string | undefined): "aws" | "gcp" | "azure" {
  return name === "gcp" || name === "azure" ? name : standardPlace.cloud;
}

function readKey(reader: EnvReader, name: string): string | undefined {
  const key = reader.text(name);
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
    reader.fault(`${name}: it has characters that no key has, such as spaces or quotes of print`);
  }
  return key;
}

function readAddress(reader: EnvReader, name: string, keyName: string): string | undefined {
  const address = reader.url(name, ["http:", "https:"]);
  if (address === undefined) return undefined;
  const { username, password } = new URL(address);
  if (username !== "" || password !== "") {
    reader.fault(`${name}: the key belongs into ${keyName}, not into the address`);
  }
  return address;
}

/** Pinecone shows its hosts without a scheme; https is meant then. Without a slash at its end. */
function readHost(reader: EnvReader, name: string): string | undefined {
  const value = reader.text(name);
  if (value === undefined) return undefined;
  const address = /^https?:\/\//i.test(value) ? value : `https://${value}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isBare = url && url.pathname === "/" && url.search === "" && url.username === "";
  if (isBare) return url.origin;
  // The value may hold a password, so it is not repeated.
  reader.fault(`${name}: a host such as miptech-abc.svc.pinecone.io is expected, without a path`);
  return undefined;
}
