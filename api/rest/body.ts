import { AppError } from "../core/errors.ts";
import { unsupportedMediaType } from "./errors.ts";
import type { HttpStep } from "./env.ts";

/** The largest JSON body, in bytes; a WebSocket frame has the same limit. */
export const maxBodyBytes = 64 * 1024;

/**
 * The step before a JSON body is validated: reads it within its limit. A body without a media type is
 * taken for JSON, as in the seed's examples, and none at all for an object without fields.
 * @throws AppError PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST
 */
export const readJsonBody: HttpStep = async (c, next) => {
  const { raw } = c.req;
  const bytes = await readBody(raw, maxBodyBytes, tooLarge);
  const headers = new Headers(raw.headers);
  if (bytes.length === 0 || !headers.has("content-type"))
    headers.set("content-type", "application/json");
  // What comes after reads a request of its own, since a body can be read only once.
  c.req.raw = new Request(raw.url, {
    method: raw.method,
    headers,
    body: bytes.length === 0 ? "{}" : bytes,
    signal: raw.signal,
  });
  await next();
};

/**
 * Reads a body to its end, or to its limit in bytes.
 * @throws AppError UNSUPPORTED_MEDIA_TYPE for a compressed one, INVALID_REQUEST for one that breaks off,
 *   and what `refuse` makes for one that is too large
 */
export async function readBody(
  { headers, body }: Request,
  limit: number,
  refuse: () => AppError,
): Promise<Buffer<ArrayBuffer>> {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw unsupportedMediaType();
  if (Number(headers.get("content-length") ?? 0) > limit) throw refuse();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body ?? []) {
      length += part.length;
      if (length > limit) throw refuse();
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("INVALID_REQUEST", "The body broke off", { cause: error });
  }
  return Buffer.concat(parts);
}

function tooLarge(): AppError {
  return new AppError("PAYLOAD_TOO_LARGE", `A body is at most ${maxBodyBytes} bytes`);
}
