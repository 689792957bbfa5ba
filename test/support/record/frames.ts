/** Texts and close reasons in what a server writes over a WebSocket: its frames have no mask and are never compressed. */
export interface FrameReader {
  feed(bytes: Uint8Array): void;
}

/** What is larger is no error. Bytes. */
const maxBytes = 64 * 1024;

/** @param onText told of each small frame that stands for itself, and of the reason of a close frame. */
export function createFrameReader(onText: (text: string) => void): FrameReader {
  let waiting = Buffer.alloc(0);
  /** What is left of a frame that is passed over. */
  let skip = 0;

  return {
    feed(bytes) {
      waiting = Buffer.concat([waiting, bytes]);
      for (;;) {
        const skipped = Math.min(skip, waiting.length);
        waiting = waiting.subarray(skipped);
        skip -= skipped;
        const head = skip === 0 ? readHead(waiting) : undefined;
        if (!head) return;
        const end = head.size + head.length;
        if (head.length > maxBytes) {
          skip = end;
          continue;
        }
        if (waiting.length < end) return;
        const payload = waiting.subarray(head.size, end);
        waiting = waiting.subarray(end);
        if (head.first === 0x81) onText(payload.toString());
        if (head.first === 0x88) onText(payload.subarray(2).toString());
      }
    },
  };
}

/** Undefined while it isn't there as a whole. */
function readHead(bytes: Buffer): { first: number; size: number; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const short = bytes.readUInt8(1) & 0x7f;
  if (short < 126) return { first, size: 2, length: short };
  if (short === 126)
    return bytes.length < 4 ? undefined : { first, size: 4, length: bytes.readUInt16BE(2) };
  return bytes.length < 10
    ? undefined
    : { first, size: 10, length: Number(bytes.readBigUInt64BE(2)) };
}
