import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Source } from "../../../api/core/message.ts";
import { runMiptech } from "../../support/miptech.ts";
import { adminToken } from "../../support/platform.ts";
import { readEvents } from "../../rest/sse.ts";
import type { Sample } from "./samples.ts";

/** What a server says of a document. */
export interface BroughtDocument {
  readonly id: string;
  readonly title: string;
  readonly size: number;
  readonly ingestion: {
    readonly state: string;
    readonly progress: number;
    readonly error: { readonly code: string; readonly message: string } | null;
  };
}

export type Brought = Pick<Sample, "source" | "mediaType" | "bytes">;
/** A way for an admin to bring a document; resolves when it was read, or can't be. */
export type Bring = (url: string, tenantId: string, brought: Brought) => Promise<BroughtDocument>;

const path = "/api/v1/admin/documents";
const adminOf = (tenantId: string) => ({ "X-Tenant-ID": tenantId, "X-Admin-Token": adminToken });

async function readJson<Body>(response: Response): Promise<Body> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return JSON.parse(text) as Body;
}

/** The body of an upload that is the document itself. */
export function uploadBare(
  url: string,
  tenantId: string,
  { source, mediaType, bytes }: Brought,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}${path}?source=${encodeURIComponent(source)}`, {
    method: "POST",
    headers: { ...adminOf(tenantId), "Content-Type": mediaType, ...headers },
    body: new Uint8Array(bytes),
  });
}

/** Follows it to the end of its reading. @returns what each event said */
export async function follow(
  url: string,
  tenantId: string,
  id: string,
): Promise<readonly BroughtDocument[]> {
  const response = await fetch(`${url}${path}/${id}/events`, {
    headers: { ...adminOf(tenantId), Accept: "text/event-stream" },
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const events = await readEvents(response).rest();
  return events.map(({ frame }) => frame.data as unknown as BroughtDocument);
}

async function followToEnd(url: string, tenantId: string, id: string): Promise<BroughtDocument> {
  const last = (await follow(url, tenantId, id)).at(-1);
  if (!last) throw new Error("Nothing was said of the document");
  return last;
}

export const bringBare: Bring = async (url, tenantId, brought) => {
  const { id } = await readJson<{ id: string }>(await uploadBare(url, tenantId, brought));
  return followToEnd(url, tenantId, id);
};

export const bringForm: Bring = async (url, tenantId, { source, mediaType, bytes }) => {
  const body = new FormData();
  body.set("file", new Blob([new Uint8Array(bytes)], { type: mediaType }), source);
  const headers = adminOf(tenantId);
  const response = await fetch(url + path, { method: "POST", headers, body });
  const { id } = await readJson<{ id: string }>(response);
  return followToEnd(url, tenantId, id);
};

export const bringGraphql: Bring = async (url, tenantId, { source, bytes }) => {
  const query = `mutation ($input: PutDocumentInput!) { putDocument(input: $input) { document { id } } }`;
  const input = { source, contentBase64: Buffer.from(bytes).toString("base64") };
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...adminOf(tenantId), "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = await readJson<{
    data: { putDocument: { document: { id: string } } | null };
    errors?: unknown;
  }>(response);
  if (!data.putDocument) throw new Error(JSON.stringify(errors));
  return followToEnd(url, tenantId, data.putDocument.document.id);
};

export const bringByCommand: Bring = async (url, tenantId, { source, bytes }) => {
  const folder = await mkdtemp(join(tmpdir(), "formats-"));
  try {
    await writeFile(join(folder, source), bytes);
    const args = ["documents", "add", "--tenant", tenantId, folder];
    const { code, out, err } = await runMiptech(args, { url });
    if (code !== 0) throw new Error(out + err);
  } finally {
    await rm(folder, { recursive: true });
  }
  const headers = adminOf(tenantId);
  const response = await fetch(`${url}${path}?source=${encodeURIComponent(source)}`, { headers });
  const [document] = (await readJson<{ items: BroughtDocument[] }>(response)).items;
  if (!document) throw new Error(`There is no document ${source}`);
  return document;
};

/** The text that a document's places count in. */
export async function readText(url: string, tenantId: string, id: string): Promise<string> {
  const response = await fetch(`${url}${path}/${id}`, { headers: adminOf(tenantId) });
  return (await readJson<{ content: string }>(response)).content;
}

export interface Reply {
  readonly content: string;
  readonly sources: readonly Source[];
  readonly degraded: readonly string[];
}

/** Asks in a chat of its own. */
export async function ask(url: string, tenantId: string, content: string): Promise<Reply> {
  const post = async <Body>(at: string, body: object): Promise<Body> =>
    readJson<Body>(
      await fetch(`${url}/api/v1/chat${at}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Tenant-ID": tenantId },
        body: JSON.stringify(body),
      }),
    );
  const { id } = await post<{ id: string }>("", {});
  return (await post<{ reply: Reply }>(`/${id}/messages`, { content })).reply;
}
