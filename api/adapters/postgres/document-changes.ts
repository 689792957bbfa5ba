/** On which all processes hear that something about a document's version has changed; the trigger says it. */
export const documentChannel = "document_changed";

/** `tenant_miptech_company/doc_3f…`; undefined for what the trigger never says. */
export function parseDocumentChange(
  payload: string,
): { tenantId: string; documentId: string } | undefined {
  const [, schema = "", documentId = ""] = /^tenant_([a-z0-9_]+)\/(\w+)$/.exec(payload) ?? [];
  return schema ? { tenantId: schema.replaceAll("_", "-"), documentId } : undefined;
}
