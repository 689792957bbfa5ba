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
  const encoding = raw.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw unsupportedMediaType();
  if (Number(raw.headers.get("content-length") ?? 0) > maxBodyBytes) throw tooLarge();
  const bytes = await readWithin(raw.body, maxBodyBytes);
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

async function readWithin(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Buffer<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body ?? []) {
      length += part.length;
      if (length > limit) throw tooLarge();
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
