import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { documentOf } from "./jobs-fixtures.ts";
import { passageId } from "../../api/core/documents/passage-id.ts";
import { newId } from "../../api/core/ids.ts";
import {
  findTexts,
  type IngestionHarness,
  makeContent,
  makeVersion,
  versionOf,
} from "./ingestion-fixtures.ts";

/** What every IngestionStore guarantees over its documents and jobs. */
export function ingestionContract(name: string, open: () => Promise<IngestionHarness>): void {
  describe(`${name}: a version of a document`, () => {
    let harness: IngestionHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());
    const queue = (version = makeVersion("a text")) =>
      harness.ingestions.queueVersion(harness.tenant, version);
    const describeOne = async (id: string) =>
      (await harness.documents.describeDocument(harness.tenant, id)) ?? expect.unreachable();
    const jobsOf = async (documentId: string) =>
      (await harness.jobs.listJobs(harness.tenant.id)).filter(
        (job) => documentOf(job) === documentId,
      );

    it("waits with its job, and is found by nobody", async () => {
      const { ingestions, tenant } = harness;
      const version = makeVersion("numbats wait");
      const put = await queue(version);
      expect(put).toMatchObject({
        status: "created",
        document: { source: version.source, title: version.source, size: 0, contentHash: "" },
      });
      const { id, ingestion } = put.document;
      expect(ingestion).toMatchObject({ state: "queued", progress: 0, error: null });
      const data = { documentId: id, versionId: ingestion.versionId };
      expect(await jobsOf(id)).toEqual([{ kind: "ingest-document", tenantId: tenant.id, data }]);
      const { hash: _hash, ...brought } = version;
      const opened = (await ingestions.openVersion(tenant, data.versionId)) ?? expect.unreachable();
      expect({ ...opened, original: Buffer.from(opened.original) }).toMatchObject({
        ...brought,
        id: data.versionId,
        documentId: id,
      });
      expect(await findTexts(harness, tenant, "numbats")).toEqual([]);
    });

    it("says how far it is, and then takes its place in one step, once", async () => {
      const { ingestions, tenant } = harness;
      const put = await queue(makeVersion("quolls pounce", { title: null, url: "https://a.b/c" }));
      const [id, version] = [put.document.id, versionOf(put)];
      const steps = [
        { state: "parsing", progress: 0 },
        { state: "embedding", progress: 40, vectors: 1 },
      ] as const;
      for (const step of steps) {
        expect(await ingestions.reportStep(tenant, version, step)).toBe(true);
        const { state, progress } = step;
        expect((await describeOne(id)).ingestion).toMatchObject({ state, progress });
      }
      const content = makeContent("Quolls pounce.");
      expect(await ingestions.completeVersion(tenant, version, content)).toBe(true);
      expect(await describeOne(id)).toMatchObject({
        title: content.title,
        url: "https://a.b/c",
        size: 14,
        ingestion: { state: "complete", progress: 100, error: null, versionId: version },
      });
      const { signal } = new AbortController();
      const { passages } = await harness.documents.retrieve(tenant, "quolls", 10, signal);
      expect(passages).toMatchObject([{ id: passageId(version, 0), documentId: id }]);
      expect(await ingestions.completeVersion(tenant, version, content)).toBe(false);
      expect(await ingestions.reportStep(tenant, version, steps[0])).toBe(false);
      expect(await ingestions.openVersion(tenant, version)).toBeUndefined();
      expect(await findTexts(harness, tenant, "quolls")).toEqual(["Quolls pounce."]);
    });

    it("that is brought again while it is under way or live changes nothing", async () => {
      const { ingestions, tenant } = harness;
      const version = makeVersion("the same");
      const first = await queue(version);
      expect(await ingestions.planVersion(tenant, version)).toMatchObject({ status: "unchanged" });
      expect((await queue(version)).status).toBe("unchanged");
      await ingestions.completeVersion(tenant, versionOf(first), makeContent("the same"));
      const again = await queue(version);
      expect([again.status, versionOf(again)]).toEqual(["unchanged", versionOf(first)]);
      expect(again.document.contentHash).toBe(version.hash);
      expect(await jobsOf(first.document.id)).toHaveLength(1);
    });

    it("stays live until the next one is complete, and for good when that fails", async () => {
      const { ingestions, tenant } = harness;
      const version = makeVersion("bilbies dig");
      const first = await queue(version);
      await ingestions.completeVersion(tenant, versionOf(first), makeContent("Bilbies dig."));
      const next = { ...version, hash: "next", original: Buffer.from("next") };
      const second = await queue(next);
      expect([second.status, second.document.id]).toEqual(["replaced", first.document.id]);
      expect(await findTexts(harness, tenant, "bilbies")).toEqual(["Bilbies dig."]);
      const error = { code: "DOCUMENT_ENCRYPTED", message: "It has a password" } as const;
      await ingestions.failVersion(tenant, versionOf(second), error);
      expect(await describeOne(first.document.id)).toMatchObject({
        title: "Title of Bilbies dig.",
        ingestion: { state: "failed", error, versionId: versionOf(second) },
      });
      expect(await findTexts(harness, tenant, "bilbies")).toEqual(["Bilbies dig."]);
      const content = makeContent("Never.");
      expect(await ingestions.completeVersion(tenant, versionOf(second), content)).toBe(false);
      const third = await queue(next);
      expect([third.status, versionOf(third) !== versionOf(second)]).toEqual(["replaced", true]);
      await ingestions.completeVersion(tenant, versionOf(third), makeContent("Bilbies rest."));
      expect(await findTexts(harness, tenant, "bilbies")).toEqual(["Bilbies rest."]);
    });

    it("is overtaken by a newer one, whichever is done first", async () => {
      const { ingestions, tenant } = harness;
      const version = makeVersion("one");
      const first = await queue(version);
      const second = await queue({ ...version, hash: "two" });
      expect(second.document.id).toBe(first.document.id);
      const old = versionOf(first);
      expect(await ingestions.reportStep(tenant, old, { state: "parsing", progress: 0 })).toBe(
        false,
      );
      expect(await ingestions.completeVersion(tenant, old, makeContent("Potoroos one."))).toBe(
        false,
      );
      const content = makeContent("Potoroos two.");
      expect(await ingestions.completeVersion(tenant, versionOf(second), content)).toBe(true);
      expect(await findTexts(harness, tenant, "potoroos")).toEqual(["Potoroos two."]);
    });

    it("is called off when what is live is brought again", async () => {
      const { ingestions, tenant } = harness;
      const version = makeVersion("kept");
      const first = await queue(version);
      await ingestions.completeVersion(tenant, versionOf(first), makeContent("Dunnarts keep."));
      const second = await queue({ ...version, hash: "other" });
      const third = await queue(version);
      expect([third.status, versionOf(third)]).toEqual(["unchanged", versionOf(first)]);
      const content = makeContent("Dunnarts other.");
      expect(await ingestions.completeVersion(tenant, versionOf(second), content)).toBe(false);
      expect(await findTexts(harness, tenant, "dunnarts")).toEqual(["Dunnarts keep."]);
    });

    it("that is live and being taken in once more goes on when the one behind it is called off", async () => {
      const { ingestions, jobs, tenant } = harness;
      const version = makeVersion("resumed");
      const first = await queue(version);
      const [id, live] = [first.document.id, versionOf(first)];
      await ingestions.completeVersion(tenant, live, makeContent("Kowaris keep."));
      await ingestions.requeueDocument(tenant, id);
      await ingestions.reportStep(tenant, live, { state: "parsing", progress: 0 });
      await queue({ ...version, hash: "other" });
      await jobs.removeJobs(tenant.id, id);
      const back = await queue(version);
      expect([back.status, versionOf(back)]).toEqual(["unchanged", live]);
      expect(back.document.ingestion.state).toBe("queued");
      const data = { documentId: id, versionId: live };
      expect(await jobsOf(id)).toEqual([{ kind: "ingest-document", tenantId: tenant.id, data }]);
    });

    it("comes to nothing when its document is deleted", async () => {
      const { ingestions, documents, tenant } = harness;
      const put = await queue(makeVersion("gone"));
      await ingestions.reportStep(tenant, versionOf(put), {
        state: "embedding",
        progress: 1,
        vectors: 3,
      });
      expect(await documents.deleteDocument(tenant, put.document.id)).toBe(true);
      const content = makeContent("Bandicoots.");
      expect(await ingestions.completeVersion(tenant, versionOf(put), content)).toBe(false);
      expect(await ingestions.requeueDocument(tenant, put.document.id)).toBeUndefined();
      expect(await findTexts(harness, tenant, "bandicoots")).toEqual([]);
      const kinds = (await jobsOf(put.document.id)).map(({ kind }) => kind);
      expect(kinds).toContain("remove-vectors");
    });

    it("that had vectors leaves a job that removes them", async () => {
      const { ingestions, tenant } = harness;
      const version = makeVersion("vectors");
      const first = await queue(version);
      const step = { state: "embedding", progress: 50, vectors: 7 } as const;
      await ingestions.reportStep(tenant, versionOf(first), step);
      await ingestions.completeVersion(tenant, versionOf(first), makeContent("Vectors."));
      const second = await queue({ ...version, hash: "without" });
      const removal = { id: versionOf(first), passages: 7 };
      const removals = async () =>
        (await jobsOf(first.document.id)).filter(({ kind }) => kind === "remove-vectors");
      expect(await removals()).toEqual([]);
      await ingestions.completeVersion(tenant, versionOf(second), makeContent("Without."));
      for (const { data } of await removals())
        expect(data).toEqual({ documentId: first.document.id, version: removal });
      expect(await removals()).not.toEqual([]);
    });

    it("that failed keeps why, and can be taken in once more", async () => {
      const { ingestions, tenant } = harness;
      const put = await queue(makeVersion("again"));
      const [id, version] = [put.document.id, versionOf(put)];
      const error = { code: "VECTORS_UNAVAILABLE", message: "No answer" } as const;
      await ingestions.noteError(tenant, version, error);
      expect((await describeOne(id)).ingestion).toMatchObject({ state: "queued", error });
      expect(await ingestions.requeueDocument(tenant, id)).toMatchObject({
        ingestion: { versionId: version },
      });
      expect(await jobsOf(id)).toHaveLength(1);
      await ingestions.failVersion(tenant, version);
      expect((await describeOne(id)).ingestion).toMatchObject({ state: "failed", error });
      const queued = await ingestions.requeueDocument(tenant, id);
      expect(queued?.ingestion).toMatchObject({ state: "queued", progress: 0, error: null });
      expect(await jobsOf(id)).toHaveLength(2);
      const content = makeContent("Again.");
      expect(await ingestions.completeVersion(tenant, version, content)).toBe(true);
      expect(await ingestions.requeueDocument(tenant, newId("doc"))).toBeUndefined();
    });

    it("is live all the while that it is taken in once more, and isn't in the way of a newer one", async () => {
      const { ingestions, tenant } = harness;
      const version = makeVersion("anew");
      const first = await queue(version);
      await ingestions.completeVersion(tenant, versionOf(first), makeContent("Wallabies hop."));
      await ingestions.requeueDocument(tenant, first.document.id);
      expect(await findTexts(harness, tenant, "wallabies")).toEqual(["Wallabies hop."]);
      const second = await queue({ ...version, hash: "newer" });
      expect(second.status).toBe("replaced");
      await ingestions.completeVersion(tenant, versionOf(first), makeContent("Wallabies hop."));
      const content = makeContent("Wallabies rest.");
      expect(await ingestions.completeVersion(tenant, versionOf(second), content)).toBe(true);
      expect(await findTexts(harness, tenant, "wallabies")).toEqual(["Wallabies rest."]);
    });

    it("is one of many that are brought at once, of which the last one brought is there in the end", async () => {
      const { ingestions, documents, tenant } = harness;
      const version = makeVersion("many");
      const puts = await Promise.all(
        Array.from({ length: 8 }, (_, n) => queue({ ...version, hash: `hash ${n}` })),
      );
      expect(puts.filter(({ status }) => status === "created")).toHaveLength(1);
      const done = await Promise.all(
        puts.map((put, n) =>
          ingestions.completeVersion(tenant, versionOf(put), makeContent(`Echidnas ${n}.`)),
        ),
      );
      expect(done.filter(Boolean)).toHaveLength(1);
      const stored = await documents.findSource(tenant, version.source);
      expect(stored?.ingestion.versionId).toBe(
        versionOf(puts[done.indexOf(true)] ?? expect.unreachable()),
      );
      expect(await findTexts(harness, tenant, "echidnas")).toEqual([
        `Echidnas ${done.indexOf(true)}.`,
      ]);
    });

    it("needs room beside the tenant's other documents, not beside what it replaces", async () => {
      const { ingestions, smallTenant } = harness;
      const add = (version: Parameters<typeof queue>[0] & object) =>
        ingestions.queueVersion(smallTenant, version);
      const full = { code: "DOCUMENT_LIMIT_REACHED" };
      const large = makeVersion("x".repeat(600));
      await add(large);
      await expect(add(makeVersion("y".repeat(500)))).rejects.toMatchObject(full);
      await expect(
        ingestions.planVersion(smallTenant, makeVersion("y".repeat(500))),
      ).rejects.toMatchObject(full);
      await add({ ...large, original: Buffer.from("z".repeat(900)), hash: "z" });
      await add(makeVersion("small"));
      await expect(add(makeVersion("third"))).rejects.toMatchObject(full);
      const races = [makeVersion("fourth"), makeVersion("fifth")].map((one) =>
        add(one).catch(({ code }: { code: string }) => code),
      );
      expect(await Promise.all(races)).toEqual([full.code, full.code]);
    });

    it("of one tenant is nothing to another, and its changes are announced as that tenant's", async () => {
      const { ingestions, documents, otherTenant, tenant, announced } = harness;
      const put = await queue(makeVersion("ours"));
      const version = versionOf(put);
      expect(await ingestions.openVersion(otherTenant, version)).toBeUndefined();
      const content = makeContent("Theirs.");
      expect(await ingestions.completeVersion(otherTenant, version, content)).toBe(false);
      await ingestions.failVersion(otherTenant, version);
      expect(await ingestions.requeueDocument(otherTenant, put.document.id)).toBeUndefined();
      expect(await documents.describeDocument(otherTenant, put.document.id)).toBeUndefined();
      expect((await describeOne(put.document.id)).ingestion.state).toBe("queued");
      await vi.waitFor(() => expect(announced()).toContain(`${tenant.id}/${put.document.id}`));
      expect(announced().filter((one) => one.startsWith(`${otherTenant.id}/`))).toEqual([]);
    });
  });
}
