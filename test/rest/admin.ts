import { documentSchema, pageOf, putDocumentSchema } from "../../api/rest/wire.ts";
import { makeTenant } from "../support/tenant.ts";
import {
  adminToken,
  createPlatform,
  prefix,
  readBody,
  type Call,
  type PlatformOptions,
} from "./platform.ts";

export const documents = `${prefix}/admin/documents`;
export const documentPage = pageOf(documentSchema, "DocumentPage");

/** A platform whose calls are an admin's. */
export function openAdmin(tenantId = "demo", options: PlatformOptions = {}) {
  const platform = createPlatform(options);
  const call = (path: string, { headers, ...init }: Call = {}) =>
    platform.call(path, {
      ...init,
      headers: { "X-Admin-Token": adminToken, "X-Tenant-ID": tenantId, ...headers },
    });
  const upload = async (json: object) =>
    readBody(await call(documents, { json }), putDocumentSchema);
  const find = async (words: string, tenant = makeTenant(tenantId)) =>
    (
      await platform.documents.retrieve(tenant, words, 5, new AbortController().signal)
    ).passages.map(({ text }) => text);
  return { ...platform, call, upload, find };
}

export const textBody = (body: string, type = "text/markdown"): Call => ({
  method: "POST",
  headers: { "Content-Type": type },
  body,
});
