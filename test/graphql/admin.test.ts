import { describe, expect, test } from "vitest";
import { refusalBurst, refusalsPerMinute } from "../../api/core/limits/strangers.ts";
import { adminToken } from "../rest/platform.ts";
import { makeTenant } from "../support/tenant.ts";
import { openPlatform, sendMessage, until, type Headings } from "./client.ts";

const admin = { "X-Admin-Token": adminToken };

const put = `mutation ($input: PutDocumentInput!) { putDocument(input: $input) {
  status document { id source title url mediaType size createdAt } } }`;
const remove = `mutation ($input: DeleteDocumentInput!) {
  deleteDocument(input: $input) { deletedDocumentId } }`;
const list = `query ($first: Int, $after: String) { documents(first: $first, after: $after) {
  edges { cursor node { source } } pageInfo { hasNextPage endCursor } } }`;
const retry = `mutation ($input: RetryDocumentInput!) {
  retryDocument(input: $input) { document { id ingestion { state } } } }`;
const search = `query ($question: String!, $limit: Int) { documentSearch(question: $question, limit: $limit) {
  averageLength terms { word forms passages weight corrected }
  passages { id documentId title url heading page text start score length phrase
    contributions { word text heading title score } } } }`;
const usage = `query ($from: Date, $to: Date) { usage(from: $from, to: $to) {
  from to
  days { day turns failedTurns promptTokens completionTokens totalTokens costEstimate meanTotalMs }
  total { turns failedTurns promptTokens completionTokens totalTokens costEstimate }
  budget { limit spent held } } }`;

interface Put {
  readonly putDocument: { readonly status: string; readonly document: { readonly id: string } };
}

describe("what is for admins", () => {
  const operations = [
    [put, { input: { source: "a.md", text: "# A" } }],
    [remove, { input: { documentId: "doc_1" } }],
    [list, {}],
    [retry, { input: { documentId: "doc_1" } }],
    [search, { question: "words" }],
    [usage, {}],
  ] as const;

  test.each(operations)("is closed without the admin token: %s", async (query, variables) => {
    const { refusal } = openPlatform();
    const none: Headings[] = [{}, { "X-Admin-Token": "" }];
    for (const headers of none) {
      expect(await refusal(query, variables, headers)).toEqual(["ADMIN_REQUIRED"]);
    }
    const wrong: Headings[] = [{ "X-Admin-Token": "wrong" }, { Authorization: "Bearer wrong" }];
    for (const headers of wrong) {
      expect(await refusal(query, variables, headers)).toEqual(["INVALID_TOKEN"]);
    }
  });

  test("is open with the token in either header", async () => {
    const { refusal } = openPlatform();
    for (const headers of [admin, { Authorization: `Bearer ${adminToken}` }]) {
      expect(await refusal(list, {}, headers)).toEqual([]);
    }
  });

  test("is closed to everyone where no admin token is set", async () => {
    const { refusal } = openPlatform({ adminToken: undefined });
    for (const token of ["undefined", adminToken]) {
      expect(await refusal(list, {}, { "X-Admin-Token": token })).toEqual(["INVALID_TOKEN"]);
    }
  });

  test("isn't counted against the tenant, nor is a wrong token, which is by its address", async () => {
    const limits = { enabled: true, requestsPerMinute: 2, burst: 0 };
    const { run } = openPlatform({ limits });
    for (let count = 0; count < 5; count += 1) {
      expect((await run(list, {}, admin)).errors).toBeUndefined();
    }
    const wrong = { "X-Admin-Token": "wrong" };
    const most = refusalsPerMinute + refusalBurst;
    for (let count = 0; count < most; count += 1)
      expect((await run(list, {}, wrong)).status).toBe(401);
    expect((await run(list, {}, wrong)).status).toBe(429);
    expect((await run("{ __typename }")).status).toBe(200);
  });
});

describe("documents", () => {
  test("are made, replaced, left alone, listed and deleted", async () => {
    const { ask, refusal } = openPlatform();
    const input = { source: "b.md", text: "# Beta\n\nText", url: "https://example.com/b" };
    const made = await ask<Put>(put, { input }, admin);
    expect(made.putDocument).toMatchObject({
      status: "CREATED",
      document: {
        source: "b.md",
        title: "Beta",
        url: "https://example.com/b",
        mediaType: "text/markdown",
        size: 12,
      },
    });
    expect((await ask<Put>(put, { input }, admin)).putDocument.status).toBe("UNCHANGED");
    const changed = { ...input, text: "Other", title: "Gamma", mediaType: "TEXT" };
    const replaced = await ask<Put>(put, { input: changed }, admin);
    const { id } = made.putDocument.document;
    expect(replaced.putDocument).toMatchObject({
      status: "REPLACED",
      document: { id, title: "Gamma", mediaType: "text/plain" },
    });
    await ask<Put>(put, { input: { source: "a.md", text: "# Alpha" } }, admin);
    const first = await ask<{ documents: { pageInfo: { endCursor: string } } }>(
      list,
      { first: 1 },
      admin,
    );
    expect(first.documents).toMatchObject({
      edges: [{ node: { source: "a.md" } }],
      pageInfo: { hasNextPage: true },
    });
    const after = first.documents.pageInfo.endCursor;
    expect(await ask(list, { after }, admin)).toMatchObject({
      documents: { edges: [{ node: { source: "b.md" } }], pageInfo: { hasNextPage: false } },
    });
    expect(await ask(remove, { input: { documentId: id } }, admin)).toEqual({
      deleteDocument: { deletedDocumentId: id },
    });
    expect(await refusal(remove, { input: { documentId: id } }, admin)).toEqual([
      "DOCUMENT_NOT_FOUND",
    ]);
  });

  test.each([
    ["no source", { source: " ", text: "x" }, "INVALID_REQUEST"],
    ["a source of the platform's", { source: "platform/x.md", text: "x" }, "SOURCE_RESERVED"],
    ["no text", { source: "a.md", text: " " }, "INVALID_DOCUMENT"],
    ["an address that runs", { source: "a", text: "x", url: "javascript:x" }, "INVALID_REQUEST"],
  ])("are refused with %s", async (_name, input, code) => {
    const { refusal } = openPlatform();
    expect(await refusal(put, { input }, admin)).toEqual([code]);
  });

  test("are brought as bytes too, show what becomes of them, and are read once more", async () => {
    const { ask, refusal } = openPlatform();
    const contentBase64 = Buffer.from("<title>Pets</title><p>Wombats burrow.</p>").toString(
      "base64",
    );
    const input = { source: "a", contentBase64, mediaType: "HTML" };
    const { putDocument } = await ask<Put>(put, { input }, admin);
    const { id } = putDocument.document;
    expect(putDocument.document).toMatchObject({ title: "Pets", mediaType: "text/html" });
    const documentId = { input: { documentId: id } };
    expect(await ask(retry, documentId, admin)).toEqual({
      retryDocument: { document: { id, ingestion: { state: "QUEUED" } } },
    });
    expect(await refusal(retry, { input: { documentId: "doc_1" } }, admin)).toEqual([
      "DOCUMENT_NOT_FOUND",
    ]);
    for (const wrong of [{}, { text: "x", contentBase64 }, { contentBase64: "?" }])
      expect(await refusal(put, { input: { source: "b", ...wrong } }, admin)).toEqual([
        "INVALID_REQUEST",
      ]);
    const broken = { source: "b", contentBase64: Buffer.from("%PDF-1.4").toString("base64") };
    const state = `mutation ($input: PutDocumentInput!) { putDocument(input: $input) {
      status document { ingestion { state progress error { code message } } } } }`;
    expect(await ask(state, { input: { ...broken, mediaType: "PDF" } }, admin)).toMatchObject({
      putDocument: {
        status: "CREATED",
        document: { ingestion: { state: "FAILED", error: { code: "INVALID_DOCUMENT" } } },
      },
    });
  });

  test("are searched, with why", async () => {
    const { ask, refusal } = openPlatform();
    await ask(put, { input: { source: "a.md", text: "# Pets\n\nWombats burrow." } }, admin);
    const found = await ask(search, { question: "Do wombats burrow?" }, admin);
    expect(found).toMatchObject({
      documentSearch: {
        terms: [{ word: "wombats", passages: 1 }, { word: "burrow" }],
        passages: [{ heading: "Pets", text: "Wombats burrow.", start: 8, page: null }],
      },
    });
    for (const variables of [{ question: "" }, { question: "x", limit: 51 }, { question: "a\0" }])
      expect(await refusal(search, variables, admin)).toEqual(["INVALID_REQUEST"]);
  });

  test("may be as large as over REST, while other bodies may not", async () => {
    const { refusal } = openPlatform({ maxDocumentBytes: 1024 * 1024 });
    const input = { source: "large.md", text: "x ".repeat(500_000) };
    expect(await refusal(put, { input }, admin)).toEqual([]);
    expect(await refusal(put, { input })).toEqual(["PAYLOAD_TOO_LARGE"]);
    const tooLarge = { source: "large.md", text: "x".repeat(1024 * 1024 + 1) };
    expect(await refusal(put, { input: tooLarge }, admin)).toEqual(["PAYLOAD_TOO_LARGE"]);
  });

  test("belong to one tenant", async () => {
    const { ask } = openPlatform({ tenants: [makeTenant("demo"), makeTenant("other")] });
    const made = await ask<Put>(put, { input: { source: "a.md", text: "# A" } }, admin);
    const other = { ...admin, "X-Tenant-ID": "other" };
    expect(await ask(list, {}, other)).toMatchObject({ documents: { edges: [] } });
    const { id } = made.putDocument.document;
    expect(await ask(`{ node(id: "${id}") { id } }`, {}, other)).toEqual({ node: null });
  });
});

describe("usage", () => {
  test("tells what each day has used, and all of them together", async () => {
    const { ask, log } = openPlatform({ pieces: ["Yes."] });
    for (const content of ["One?", "Two?"]) await ask(sendMessage, { input: { content } });
    await until(() => log.size === 0);
    const sums = {
      turns: 2,
      failedTurns: 0,
      promptTokens: 6,
      completionTokens: 8,
      totalTokens: 14,
      costEstimate: 0.5,
    };
    const { usage: report } = await ask<{ usage: object }>(usage, {}, admin);
    expect(report).toMatchObject({
      from: "2029-12-03",
      to: "2030-01-01",
      days: [{ day: "2030-01-01", ...sums, meanTotalMs: expect.any(Number) }],
      total: sums,
      budget: { limit: null, spent: 0.5, held: 0 },
    });
  });

  test("refuses a day that there isn't, and too many of them", async () => {
    const { run, refusal } = openPlatform();
    const wrong = await run(usage, { from: "yesterday" }, admin);
    expect(wrong).toMatchObject({
      status: 200,
      errors: [
        {
          message: expect.stringMatching(/\$from.*2026-11-23 is expected/),
          extensions: { code: "INVALID_REQUEST" },
        },
      ],
    });
    const ranges = [
      { from: "2030-02-30" },
      { from: "2020-01-01" },
      { to: "2030-01-01", from: "2030-01-02" },
    ];
    for (const range of ranges) {
      expect(await refusal(usage, range, admin)).toEqual(["INVALID_REQUEST"]);
    }
  });
});
