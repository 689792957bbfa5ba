import { expect, test } from "vitest";
import { adminToken } from "../rest/platform.ts";
import { makeTenant } from "../support/tenant.ts";
import { openPlatform } from "./client.ts";

const follow = `subscription ($id: ID!) { documentUpdated(documentId: $id) {
  id ingestion { state progress error { code } } } }`;
const put = `mutation ($input: PutDocumentInput!) { putDocument(input: $input) { document { id } } }`;
const input = { source: "a.md", text: "Wombats burrow.", respondAsync: true };

/** The results of a subscription over server-sent events, to its end. */
async function followAll(
  { call }: Pick<ReturnType<typeof openPlatform>, "call">,
  id: string,
  headers: Record<string, string>,
): Promise<unknown[]> {
  const response = await call("/graphql", {
    json: { query: follow, variables: { id } },
    headers: { Accept: "text/event-stream", ...headers },
  });
  const text = await response.text();
  return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data = ""]) => JSON.parse(data) as unknown);
}

const admin = { "X-Admin-Token": adminToken };

test("documentUpdated follows a document until it was read, and then ends", async () => {
  const platform = openPlatform();
  const made = await platform.ask<{ putDocument: { document: { id: string } } }>(
    put,
    { input },
    admin,
  );
  const { id } = made.putDocument.document;
  const results = await followAll(platform, id, admin);
  expect(results.at(-1)).toEqual({
    data: {
      documentUpdated: { id, ingestion: { state: "COMPLETE", progress: 100, error: null } },
    },
  });
});

test("documentUpdated is for the tenant's own admins", async () => {
  const platform = openPlatform({ tenants: [makeTenant("demo"), makeTenant("other")] });
  const made = await platform.ask<{ putDocument: { document: { id: string } } }>(
    put,
    { input },
    admin,
  );
  const { id } = made.putDocument.document;
  const codeOf = async (headers: Record<string, string>) =>
    JSON.stringify(await followAll(platform, id, headers));
  expect(await codeOf({})).toContain("ADMIN_REQUIRED");
  expect(await codeOf({ ...admin, "X-Tenant-ID": "other" })).toContain("DOCUMENT_NOT_FOUND");
});
