import { describe, expect, test } from "vitest";
import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { createMemoryJobs } from "../../../api/adapters/memory/jobs.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import { addDocument, removeDocument } from "../../../api/core/admin/document-admin.ts";
import { makeTenant } from "../../support/tenant.ts";
import { keyAdmin, openScene } from "./scene.ts";

const tenant = makeTenant("acme");
const admin = keyAdmin("acme");
const refused = (code: string) => expect.objectContaining({ code });

async function openDocuments() {
  const scene = await openScene();
  const jobs = createMemoryJobs({ clock: scene.deps.clock });
  const documents = createMemoryDocuments(createTextAnalyzer(), { jobs });
  const ingestion = { ingestions: documents, maxDocumentBytes: 1000 };
  return { ...scene, documents, deps: { ...scene.deps, ...ingestion, documents } };
}

describe("documents that an admin brings", () => {
  test("leave an entry each, of what was added, replaced and deleted", async () => {
    const { deps, entries } = await openDocuments();
    const upload = { source: "a.md", content: Buffer.from("# Alpha\n\nText") };
    const { document } = await addDocument(deps, admin, tenant, upload);
    await addDocument(deps, admin, tenant, { ...upload, content: Buffer.from("# Beta") });
    await removeDocument(deps, admin, tenant, document.id);
    const of = { tenantId: "acme", target: "a.md", actor: admin.actor };
    const type = { media_type: "text/markdown" };
    expect(await entries()).toMatchObject([
      {
        ...of,
        action: "document.add",
        details: { ...type, title: null, size: 13, replaced_id: null },
      },
      {
        ...of,
        action: "document.add",
        details: { ...type, title: null, size: 6, replaced_id: document.id },
      },
      { ...of, action: "document.delete", details: { id: document.id, title: "a.md", size: 0 } },
    ]);
  });

  test("leave none when they are refused, or change nothing", async () => {
    const { deps, entries } = await openDocuments();
    await addDocument(deps, admin, tenant, { source: "a.md", content: Buffer.from("A") });
    await addDocument(deps, admin, tenant, { source: "a.md", content: Buffer.from("A") });
    const empty = addDocument(deps, admin, tenant, { source: "b.md", content: Buffer.from(" ") });
    await expect(empty).rejects.toEqual(refused("INVALID_DOCUMENT"));
    const reserved = addDocument(deps, admin, tenant, {
      source: "platform/b.md",
      content: Buffer.from("B"),
    });
    await expect(reserved).rejects.toEqual(refused("SOURCE_RESERVED"));
    const missing = removeDocument(deps, admin, tenant, "doc_1");
    await expect(missing).rejects.toEqual(refused("DOCUMENT_NOT_FOUND"));
    expect(await entries()).toHaveLength(1);
  });

  test("are left as they are when the entry can't be made", async () => {
    const { deps, documents } = await openDocuments();
    const { document } = await addDocument(deps, admin, tenant, {
      source: "a.md",
      content: Buffer.from("A"),
    });
    const broken = {
      ...deps,
      audit: { ...deps.audit, add: () => Promise.reject(new Error("Full")) },
    };
    await expect(
      addDocument(broken, admin, tenant, { source: "b.md", content: Buffer.from("B") }),
    ).rejects.toThrow();
    await expect(
      addDocument(broken, admin, tenant, { source: "a.md", content: Buffer.from("C") }),
    ).rejects.toThrow();
    await expect(removeDocument(broken, admin, tenant, document.id)).rejects.toThrow("Full");
    expect(await documents.listDocuments(tenant)).toEqual([document]);
  });
});
