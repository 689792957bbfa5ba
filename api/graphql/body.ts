import { AppError } from "../core/errors.ts";

/** The largest body, in bytes; an admin's may carry a document, whose text JSON can make longer. */
export const maxBodyBytes = 64 * 1024;
export const maxAdminBodyBytes = 8 * 1024 * 1024;

/**
 * Refuses what a page of a stranger could send without being asked first: what a form sends, and what
 * names no type. Then reads the body within its limit.
 * @throws AppError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, INVALID_REQUEST, INVALID_JSON
 */
export async function readRequest(request: Request, limit: number): Promise<Request> {
  const { method, url, headers, signal } = request;
  if (method !== "POST") {
    checkQuery(new URL(url).searchParams);
    return request;
  }
  const mediaType = headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const encoding = headers.get("content-encoding") ?? "identity";
  if (mediaType !== "application/json" || encoding !== "identity") {
    throw new AppError("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json");
  }
  if (Number(headers.get("content-length") ?? 0) > limit) throw tooLarge(limit);
  const body = await readWithin(request.body, limit);
  const isBatch = body.toString("utf8", 0, 64).trimStart().startsWith("[");
  if (isBatch)
    throw new AppError("INVALID_REQUEST", "One operation a request: batches are not answered");
  return new Request(url, { method, headers, body, signal });
}

/** A query in the address carries its variables as JSON. */
function checkQuery(query: URLSearchParams): void {
  for (const name of ["variables", "extensions"]) {
    const text = query.get(name);
    if (text && !isJson(text)) throw new AppError("INVALID_JSON", `${name}: JSON is expected`);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function readWithin(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Buffer<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body ?? []) {
      length += part.length;
      if (length > limit) throw tooLarge(limit);
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("INVALID_REQUEST", "The body broke off", { cause: error });
  }
  return Buffer.concat(parts);
}

export function tooLarge(limit: number): AppError {
  return new AppError("PAYLOAD_TOO_LARGE", `A body is at most ${limit} bytes`);
}
