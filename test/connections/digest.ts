import { createHash } from "node:crypto";

/** Stands for a text where texts are too many to be kept. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
