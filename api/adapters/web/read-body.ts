import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { WebFetchError } from "../../core/web/web-fetcher.ts";

const decoders: Readonly<Record<string, (() => NodeJS.ReadWriteStream) | undefined>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
};

/** What `readBody` takes, as in the header. */
export const acceptedEncodings = "gzip, br";

/**
 * An answer's body, unpacked. No more than `maxBytes` are ever held, of what comes and of what that unpacks to.
 * @param onBytes told of each piece that comes.
 * @throws WebFetchError RESPONSE_TOO_LARGE, INVALID_RESPONSE; another Error when the connection breaks
 */
export async function readBody(
  response: IncomingMessage,
  maxBytes: number,
  onBytes: () => void,
): Promise<Uint8Array> {
  if (Number(response.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const encoding = (response.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  const createDecoder = decoders[encoding];
  if (!createDecoder && encoding !== "identity" && encoding !== "")
    throw new WebFetchError("INVALID_RESPONSE", "It answers in an encoding that nobody asked for");
  const incoming = watch(response, maxBytes, onBytes);
  if (!createDecoder) return collect(incoming, maxBytes);
  let body: Uint8Array = new Uint8Array();
  try {
    await pipeline(incoming, createDecoder(), async (unpacked) => {
      body = await collect(unpacked as AsyncIterable<Buffer>, maxBytes);
    });
  } catch (error) {
    if (isZlibError(error))
      throw new WebFetchError("INVALID_RESPONSE", "It answers with what can't be unpacked", {
        cause: error,
      });
    throw error;
  }
  return body;
}

async function* watch(
  response: IncomingMessage,
  maxBytes: number,
  onBytes: () => void,
): AsyncGenerator<Buffer, void, undefined> {
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    onBytes();
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

async function collect(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Uint8Array> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    kept.push(chunk);
  }
  return Buffer.concat(kept);
}

function isZlibError(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  return code.startsWith("Z_") || code.startsWith("ERR_BROTLI") || code.startsWith("ERR__ERROR");
}

function tooLarge(maxBytes: number): WebFetchError {
  return new WebFetchError("RESPONSE_TOO_LARGE", `It answers with more than ${maxBytes} bytes`);
}
