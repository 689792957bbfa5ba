import { expect, test } from "vitest";
import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { createMemoryJobs } from "../../../api/adapters/memory/jobs.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import { createDocumentChanges } from "../../../api/core/documents/document-changes.ts";
import {
  createIngestWorker,
  createVectorWorker,
} from "../../../api/core/documents/ingest-document.ts";
import type { ParsedDocument } from "../../../api/core/documents/parsed-document.ts";
import { splitDocument } from "../../../api/core/documents/passages.ts";
import { passageId } from "../../../api/core/documents/passage-id.ts";
import { AppError } from "../../../api/core/errors.ts";
import type { JobStore, TakenJob } from "../../../api/core/jobs/job-store.ts";
import type { VectorDeps } from "../../../api/core/retrieval/embed-passages.ts";
import { RetrievalServiceError } from "../../../api/core/retrieval/service-error.ts";
import { makeVersion, versionOf } from "../../contracts/ingestion-fixtures.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeTenant } from "../../support/tenant.ts";

const tenant = makeTenant("demo");
const { signal } = new AbortController();

interface Scene {
  readonly parse?: (text: string) => ParsedDocument | Error;
  readonly vectors?: VectorDeps;
  /** Each reading goes on until it is stopped. */
  readonly isEndless?: boolean;
}

const plain = (text: string): ParsedDocument => ({
  text,
  title: undefined,
  language: "en",
  pages: [],
});

function openScene({ parse = plain, vectors, isEndless = false }: Scene = {}) {
  const begun = Promise.withResolvers<void>();
  let isHeld = isEndless;
  let onHeld = begun.resolve;
  /** From now on no reading ends by itself. Resolves when one has begun. */
  const hold = (): Promise<void> => {
    isHeld = true;
    const held = Promise.withResolvers<void>();
    onHeld = held.resolve;
    return held.promise;
  };
  const letGo = () => {
    isHeld = false;
  };
  const jobs = createMemoryJobs({ clock: createManualClock() });
  const changes = createDocumentChanges();
  const documents = createMemoryDocuments(createTextAnalyzer(), {
    jobs,
    onChange: changes.announce,
  });
  const parser = {
    async parse(bytes: Uint8Array, _mediaType: string, stop: AbortSignal) {
      if (isHeld) {
        onHeld();
        await new Promise((_, reject) => stop.addEventListener("abort", () => reject(stop.reason)));
      }
      const parsed = parse(new TextDecoder().decode(bytes));
      if (parsed instanceof Error) throw parsed;
      return splitDocument(parsed);
    },
  };
  const tenants = createMemoryTenants([tenant]);
  const logger = createRecordingLogger();
  const deps = {
    tenants,
    ingestions: documents,
    documents,
    changes,
    parser,
    vectors,
    jobs,
    logger,
  };
  const worker = createIngestWorker(deps);
  const bring = async (text: string, fields = {}) => {
    const put = await documents.queueVersion(tenant, makeVersion(text, fields));
    const data = { documentId: put.document.id, versionId: versionOf(put) };
    const job = {
      id: "1",
      kind: "ingest-document",
      tenantId: "demo",
      data,
      attempt: 1,
      isDead: false,
    } as const;
    return { put, job };
  };
  const stateOf = async (id: string) =>
    (await documents.describeDocument(tenant, id)) ?? expect.unreachable();
  return { documents, jobs, worker, bring, stateOf, begun: begun.promise, hold, letGo };
}

/** Vectors that are kept here; each is the number of its text's characters. */
function createVectors(fail: () => Error | undefined = () => undefined) {
  const kept = new Map<string, string>();
  const check = () => {
    const error = fail();
    if (error) throw error;
  };
  const vectors = {
    embedder: {
      model: "m",
      async embed(texts: readonly string[]) {
        check();
        return texts.map((text) => [text.length]);
      },
    },
    vectors: {
      async upsert(_tenant: string, rows: readonly { id: string; documentId: string }[]) {
        for (const { id, documentId } of rows) kept.set(id, documentId);
      },
      async remove(_tenant: string, ids: readonly string[]) {
        for (const id of ids) kept.delete(id);
      },
      async removeDocument(_tenant: string, documentId: string) {
        for (const [id, of] of kept) if (of === documentId) kept.delete(id);
      },
    },
  };
  return { kept, deps: vectors as unknown as VectorDeps };
}

/** Runs the jobs that are due; of them those that remove vectors. */
async function runRemovals(jobs: JobStore, deps: VectorDeps): Promise<void> {
  const remover = createVectorWorker(deps, jobs, createRecordingLogger());
  const takeDue = (): Promise<TakenJob | undefined> => jobs.take({ skip: [], perTenant: 9 });
  for (let job = await takeDue(); job; job = await takeDue()) {
    if (job.kind === "remove-vectors") await remover.run(job, signal);
    await jobs.finish(job);
  }
}

test("the reading of a version that is deleted or overtaken ends at once, and leaves no error", async () => {
  for (const isDeleted of [true, false]) {
    const { documents, worker, bring, begun, stateOf } = openScene({ isEndless: true });
    const { put, job } = await bring("Wombats burrow.", { source: "a.md" });
    const run = worker.run(job, signal);
    await begun;
    if (isDeleted) await documents.deleteDocument(tenant, put.document.id);
    else await bring("Wombats rest.", { source: "a.md" });
    await run;
    if (isDeleted) continue;
    expect((await stateOf(put.document.id)).ingestion).toMatchObject({
      state: "queued",
      error: null,
    });
  }
});

test("a live version that is taken in once more is complete in the end, whatever came and was called off meanwhile", async () => {
  const scene = openScene();
  const { documents, jobs, worker, bring, stateOf } = scene;
  const first = await bring("Wombats burrow.", { source: "a.md" });
  const { id } = first.put.document;
  await worker.run(first.job, signal);
  await documents.requeueDocument(tenant, id);
  const reading = scene.hold();
  const again = worker.run(first.job, signal);
  await reading;
  await bring("Wombats rest.", { source: "a.md" });
  await again;
  scene.letGo();
  await jobs.removeJobs(tenant.id);
  const back = await bring("Wombats burrow.", { source: "a.md" });
  expect(back.put.status).toBe("unchanged");
  for (let job = await jobs.take({ skip: [], perTenant: 9 }); job;) {
    if (job.kind === "ingest-document") await worker.run(job, signal);
    await jobs.finish(job);
    job = await jobs.take({ skip: [], perTenant: 9 });
  }
  expect((await stateOf(id)).ingestion).toMatchObject({
    state: "complete",
    versionId: first.job.data.versionId,
  });
});

test("the title is the one that was given, else the document's own, its first heading, its source", async () => {
  const { worker, bring, stateOf } = openScene({
    parse: (text) => ({ ...plain(text), title: text.startsWith("own") ? "Own" : undefined }),
  });
  for (const [text, title, expected] of [
    ["own title", "Given", "Given"],
    ["own title", null, "Own"],
    ["# First\n\nWords", null, "First"],
    ["***", null, "a.md"],
  ] as const) {
    const { put, job } = await bring(text, {
      title,
      source: text === "***" ? "a.md" : `${text}${title}`,
    });
    await worker.run(job, signal);
    expect((await stateOf(put.document.id)).title).toBe(expected);
  }
});

test.each(["DOCUMENT_ENCRYPTED", "DOCUMENT_TOO_COMPLEX", "INVALID_DOCUMENT"] as const)(
  "%s fails at once, and isn't tried again",
  async (code) => {
    const { worker, bring, stateOf } = openScene({ parse: () => new AppError(code, "Because") });
    const { put, job } = await bring("x");
    await worker.run(job, signal);
    expect((await stateOf(put.document.id)).ingestion).toMatchObject({
      state: "failed",
      error: { code, message: "Because" },
    });
  },
);

test("what is the machine's fault is tried again and masked, and given up as what it was", async () => {
  const { worker, bring, stateOf } = openScene({ parse: () => new Error("secret path") });
  const { put, job } = await bring("x");
  await expect(worker.run(job, signal)).rejects.toThrow("secret path");
  const error = { code: "INTERNAL_ERROR", message: "Something went wrong on our side" };
  expect((await stateOf(put.document.id)).ingestion).toMatchObject({ state: "parsing", error });
  await worker.giveUp({ ...job, isDead: true });
  expect((await stateOf(put.document.id)).ingestion).toMatchObject({ state: "failed", error });
});

test("passages are embedded under their ids before the version is live, and again is the same", async () => {
  const { kept, deps } = createVectors();
  const { worker, bring, stateOf } = openScene({ vectors: deps });
  const text = Array.from({ length: 5 }, (_, n) => `# Part ${n}\n\n${"word ".repeat(80)}`).join(
    "\n\n",
  );
  const { put, job } = await bring(text);
  await worker.run(job, signal);
  const ids = Array.from({ length: 5 }, (_, n) => passageId(versionOf(put), n));
  expect([...kept.keys()]).toEqual(ids);
  expect((await stateOf(put.document.id)).ingestion.state).toBe("complete");
  await worker.run(job, signal);
  expect([...kept.keys()]).toEqual(ids);
});

test("a service that is away is waited for, one that refuses is not; both by their name", async () => {
  let failure: "unavailable" | "misconfigured" = "unavailable";
  const { deps } = createVectors(() => new RetrievalServiceError("embeddings", failure, "no"));
  const { worker, bring, stateOf, documents } = openScene({ vectors: deps });
  const { put, job } = await bring("words");
  await expect(worker.run(job, signal)).rejects.toThrow(RetrievalServiceError);
  const code = "EMBEDDINGS_UNAVAILABLE";
  expect((await stateOf(put.document.id)).ingestion).toMatchObject({
    state: "embedding",
    error: { code },
  });
  failure = "misconfigured";
  await worker.run(job, signal);
  expect((await stateOf(put.document.id)).ingestion).toMatchObject({
    state: "failed",
    error: { code },
  });
  expect((await documents.retrieve(tenant, "words", 5, signal)).passages).toEqual([]);
});

test("a version that is overtaken while it is embedded takes its vectors along", async () => {
  let overtake = async () => undefined as unknown;
  const { kept, deps } = createVectors();
  const { embedder } = deps;
  const held: VectorDeps = {
    ...deps,
    embedder: {
      ...embedder,
      async embed(...args) {
        await overtake();
        return embedder.embed(...args);
      },
    },
  };
  const { worker, bring, documents, jobs } = openScene({ vectors: held });
  const { job } = await bring("old words", { source: "a.md" });
  overtake = () => documents.queueVersion(tenant, makeVersion("new words", { source: "a.md" }));
  await worker.run(job, signal);
  await runRemovals(jobs, deps);
  expect([...kept]).toEqual([]);
});

test("vectors that are written while their document is deleted, and its job with it, are removed by whoever wrote them", async () => {
  const { kept, deps } = createVectors();
  const stopping = new AbortController();
  const { worker, bring, documents, jobs } = openScene({
    vectors: {
      ...deps,
      vectors: {
        ...deps.vectors,
        // The process was frozen in it: what was sent arrives when all that the deletion did is over.
        async upsert(...args) {
          await documents.deleteDocument(tenant, args[1][0]?.documentId ?? "");
          await jobs.removeJobs(tenant.id);
          stopping.abort();
          await deps.vectors.upsert(...args);
        },
      },
    },
  });
  const { job } = await bring("words");
  // However it ends.
  await Promise.allSettled([worker.run(job, stopping.signal)]);
  expect(kept.size).toBe(1);
  await runRemovals(jobs, deps);
  expect([...kept]).toEqual([]);
  expect(await jobs.listJobs(tenant.id)).toMatchObject([{ kind: "remove-vectors" }]);
});

test("vectors of a version that another process has completed meanwhile stay", async () => {
  const { kept, deps } = createVectors();
  const { worker, bring, documents, jobs } = openScene({
    vectors: {
      ...deps,
      vectors: {
        ...deps.vectors,
        async upsert(...args) {
          await deps.vectors.upsert(...args);
          const content = { title: "T", text: "words", language: "en", passages: [] };
          await documents.completeVersion(tenant, job.data.versionId, content);
        },
      },
    },
  });
  const { job } = await bring("words");
  await worker.run(job, signal);
  await runRemovals(jobs, deps);
  expect(kept.size).toBe(1);
});

test("the removal of vectors waits for a process that has the settings, and isn't given up for good", async () => {
  const { deps } = createVectors();
  const { jobs } = openScene();
  const data = { documentId: "doc_1", version: { id: "ver_1", passages: 1 } };
  const job = { kind: "remove-vectors", tenantId: "demo", data } as const;
  const taken = { ...job, id: "1", attempt: 1, isDead: false };
  const logger = createRecordingLogger();
  await createVectorWorker(undefined, jobs, logger).run(taken, signal);
  expect(await jobs.listJobs("demo")).toEqual([job]);
  await createVectorWorker(deps, jobs, logger).giveUp({ ...taken, isDead: true });
  expect(await jobs.listJobs("demo")).toEqual([job, job]);
  expect(await jobs.take({ skip: [], perTenant: 9 })).toBeUndefined();
});

test("the jobs that a replacement and a deletion leave remove the vectors, and no others", async () => {
  const { kept, deps } = createVectors();
  const { worker, bring, documents, jobs } = openScene({ vectors: deps });
  const removeAll = () => runRemovals(jobs, deps);
  const first = await bring("first words", { source: "a.md" });
  await worker.run(first.job, signal);
  const second = await bring("second words", { source: "a.md" });
  await worker.run(second.job, signal);
  expect(kept.size).toBe(2);
  await removeAll();
  expect([...kept.keys()]).toEqual([passageId(second.job.data.versionId, 0)]);
  await documents.deleteDocument(tenant, second.put.document.id);
  await removeAll();
  expect([...kept]).toEqual([]);
});
