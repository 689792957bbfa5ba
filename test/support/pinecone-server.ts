import {
  startLoopback,
  type Loopback,
  type ServiceReply,
  type ServiceRequest,
} from "./loopback.ts";

export interface StoredVector {
  readonly id: string;
  readonly values: readonly number[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

type Namespaces = Map<string, Map<string, StoredVector>>;

export interface PlayedIndex {
  readonly dimension: number;
  readonly metric: string;
  readonly cloud: string;
  readonly region: string;
  /** How often it is described as not ready. */
  initializing: number;
}

/** A server on loopback that speaks Pinecone's control plane and, for its one index, the data plane. */
export interface PineconeServer extends Loopback {
  /** What stands in the index; the seen state, behind that of the writes while `isLate`. */
  readonly namespaces: ReadonlyMap<string, ReadonlyMap<string, StoredVector>>;
  readonly indexes: ReadonlyMap<string, PlayedIndex>;
  /** While true what is written is not seen. */
  isLate: boolean;
  /** Makes all that was written seen. */
  settle(): void;
  addIndex(name: string, index?: Partial<PlayedIndex>): void;
}

export const pineconeKey = "pcsk_0123456789abcdef_test";

/** The limits of Pinecone's own API. */
const most = { records: 1000, bytes: 2_000_000, deletes: 1000, fetches: 1000, topK: 10_000 };

export async function startPineconeServer(apiKey: string = pineconeKey): Promise<PineconeServer> {
  const indexes = new Map<string, PlayedIndex>();
  const written: Namespaces = new Map();
  const seen: Namespaces = new Map();

  function settle(): void {
    seen.clear();
    for (const [name, vectors] of written) seen.set(name, new Map(vectors));
  }

  function control({ method, path, body }: ServiceRequest): ServiceReply {
    if (method === "POST") {
      const { name, schema, deployment } = body as CreateBody;
      if (indexes.has(name)) return refuseControl(409, "ALREADY_EXISTS");
      const field = schema.fields["_values"];
      if (field?.type !== "dense_vector") return refuseControl(422, "INVALID_ARGUMENT");
      const { cloud, region } = deployment;
      const { dimension, metric } = field;
      server.addIndex(name, { dimension, metric, cloud, region });
      return { status: 201, body: describe(name) };
    }
    const name = path.replace("/indexes/", "");
    return indexes.has(name) ? { body: describe(name) } : refuseControl(404, "NOT_FOUND");
  }

  function describe(name: string) {
    const index = indexes.get(name);
    if (!index) throw new Error(`No index ${name}`);
    const { dimension, metric, cloud, region } = index;
    const ready = index.initializing <= 0;
    index.initializing -= 1;
    return {
      name,
      host: server.url,
      status: { ready, state: ready ? "Ready" : "Initializing" },
      deployment: { deployment_type: "managed", cloud, region },
      read_capacity: { mode: "OnDemand", status: { state: "Ready" } },
      schema: { fields: { _values: { type: "dense_vector", dimension, metric } } },
      deletion_protection: "disabled",
    };
  }

  function data(request: ServiceRequest): ServiceReply {
    const [index] = indexes.values();
    if (!index) return { status: 404, body: "" };
    const reply = answerData(request, index.dimension, written, seen);
    if (!server.isLate) settle();
    return reply;
  }

  const loopback = await startLoopback((request) => {
    if (request.headers["api-key"] !== apiKey) return { status: 401, body: "Invalid API Key" };
    return request.path.startsWith("/indexes") ? control(request) : data(request);
  });
  const server: PineconeServer = {
    ...loopback,
    indexes,
    namespaces: seen,
    isLate: false,
    settle,
    addIndex(name, index = {}) {
      const standard = { dimension: 64, metric: "cosine", cloud: "aws", region: "us-east-1" };
      indexes.set(name, { ...standard, initializing: 0, ...index });
    },
  };
  return server;
}

interface CreateBody {
  readonly name: string;
  readonly schema: {
    readonly fields: Record<string, { type: string; dimension: number; metric: string }>;
  };
  readonly deployment: { readonly cloud: string; readonly region: string };
}

interface DataBody {
  readonly namespace?: string;
  readonly vectors?: StoredVector[];
  readonly vector?: number[];
  readonly topK?: number;
  readonly ids?: string[];
  readonly filter?: Record<string, { $eq: unknown }>;
  readonly deleteAll?: boolean;
  readonly limit?: number;
  readonly paginationToken?: string;
}

function answerData(
  request: ServiceRequest,
  dimension: number,
  written: Namespaces,
  seen: Namespaces,
): ServiceReply {
  const { method, path, query } = request;
  const body = (request.body ?? {}) as DataBody;
  const one = /^\/namespaces\/([^/]+)$/.exec(path)?.[1];
  if (one !== undefined) return answerNamespace(method, one, written, seen);
  const name = body.namespace ?? query.get("namespace") ?? "__default__";
  const vectors = seen.get(name);
  switch (path) {
    case "/vectors/upsert":
      return upsert(body, dimension, name, written);
    case "/query": {
      const { vector = [], topK = 0 } = body;
      if (topK < 1 || topK > most.topK) return refuse(400, 3, "topK is out of range");
      if (vector.length !== dimension) return refuse(400, 3, wrongLength(vector, dimension));
      return { body: { namespace: name, matches: nearest(vectors, vector, topK), usage } };
    }
    case "/vectors/fetch": {
      const ids = query.getAll("ids");
      if (ids.length > most.fetches) return refuse(400, 3, "Too many ids");
      const found = ids.flatMap((id) => vectors?.get(id) ?? []);
      return { body: { namespace: name, vectors: byId(found), usage } };
    }
    case "/vectors/fetch_by_metadata": {
      const found = matching(vectors, body.filter);
      const from = Number(body.paginationToken ?? 0);
      const to = from + (body.limit ?? 100);
      const pagination = to < found.length ? { next: String(to) } : undefined;
      return {
        body: { namespace: name, vectors: byId(found.slice(from, to)), usage, pagination },
      };
    }
    case "/vectors/list": {
      const ids = [...(vectors?.keys() ?? [])].filter((id) =>
        id.startsWith(query.get("prefix") ?? ""),
      );
      return { body: { namespace: name, vectors: ids.map((id) => ({ id })), usage } };
    }
    case "/vectors/delete":
      return remove(body, name, written);
    case "/describe_index_stats": {
      const counts = [...seen].map(([key, { size }]) => [key, { vectorCount: size }] as const);
      const totalVectorCount = counts.reduce((sum, [, { vectorCount }]) => sum + vectorCount, 0);
      return { body: { namespaces: Object.fromEntries(counts), dimension, totalVectorCount } };
    }
    default:
      return refuse(404, 5, "Not found");
  }
}

const usage = { readUnits: 1 };

function answerNamespace(
  method: string,
  name: string,
  written: Namespaces,
  seen: Namespaces,
): ServiceReply {
  const vectors = seen.get(name);
  if (method === "GET") {
    if (!vectors) return refuse(404, 5, `Namespace ${name} not found`);
    return { body: { name, record_count: String(vectors.size) } };
  }
  return written.delete(name) ? {} : refuse(404, 5, `Namespace ${name} not found`);
}

function upsert(
  { vectors = [] }: DataBody,
  dimension: number,
  name: string,
  written: Namespaces,
): ServiceReply {
  if (vectors.length > most.records || JSON.stringify(vectors).length > most.bytes) {
    return refuse(400, 11, "Request size 2MB exceeds the maximum supported size of 2MB");
  }
  const wrong = vectors.find(({ values }) => values.length !== dimension);
  if (wrong) return refuse(400, 3, wrongLength(wrong.values, dimension));
  if (vectors.some(({ values }) => values.every((value) => value === 0))) {
    return refuse(400, 3, "Dense vectors must contain at least one non-zero value.");
  }
  const stored = written.get(name) ?? new Map<string, StoredVector>();
  for (const vector of vectors) stored.set(vector.id, vector);
  written.set(name, stored);
  return { body: { upsertedCount: vectors.length } };
}

function remove({ ids, filter, deleteAll }: DataBody, name: string, written: Namespaces) {
  const vectors = written.get(name);
  if (!vectors) return refuse(404, 5, "Namespace not found");
  if ((ids?.length ?? 0) > most.deletes) return refuse(400, 3, "Too many ids");
  const gone = deleteAll
    ? [...vectors.keys()]
    : (ids ?? matching(vectors, filter).map(({ id }) => id));
  for (const id of gone) vectors.delete(id);
  return {};
}

function nearest(
  vectors: ReadonlyMap<string, StoredVector> | undefined,
  vector: readonly number[],
  topK: number,
) {
  return [...(vectors?.values() ?? [])]
    .map(({ id, values }) => ({ id, score: cosine(values, vector) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, topK);
}

function matching(
  vectors: ReadonlyMap<string, StoredVector> | undefined,
  filter: DataBody["filter"] = {},
): StoredVector[] {
  const rules = Object.entries(filter);
  return [...(vectors?.values() ?? [])].filter(({ metadata }) =>
    rules.every(([field, { $eq }]) => metadata[field] === $eq),
  );
}

function byId(vectors: readonly StoredVector[]) {
  return Object.fromEntries(vectors.map((vector) => [vector.id, vector]));
}

function wrongLength(values: readonly number[], dimension: number): string {
  return `Vector dimension ${values.length} does not match the dimension of the index ${dimension}`;
}

function refuse(status: number, code: number, message: string): ServiceReply {
  return { status, body: { code, message, details: [] } };
}

function refuseControl(status: number, code: string): ServiceReply {
  return { status, body: { status, error: { code, message: `Resource: ${code}` } } };
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, place) => sum + value * (b[place] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}
