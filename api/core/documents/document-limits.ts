import { AppError } from "../errors.ts";
import type { Tenant } from "../tenant.ts";

/** What a tenant has beside the document that is about to be stored. */
export interface StoredAmount {
  readonly documents: number;
  /** Of the documents as they were brought. */
  readonly bytes: number;
}

/** @throws AppError DOCUMENT_LIMIT_REACHED when a document of so many bytes has no room beside the others. */
export function checkDocumentLimits(
  { settings: { limits } }: Tenant,
  others: StoredAmount,
  bytes: number,
): void {
  if (others.documents >= limits.documents)
    throw limitReached(`${limits.documents} documents are all that this tenant may have`);
  if (others.bytes + bytes > limits.documentBytes)
    throw limitReached(`${limits.documentBytes} bytes are all that this tenant may store`);
}

function limitReached(message: string): AppError {
  return new AppError("DOCUMENT_LIMIT_REACHED", message);
}
