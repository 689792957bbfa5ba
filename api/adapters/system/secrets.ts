import { createHash, randomBytes } from "node:crypto";
import type { Secrets } from "../../core/access/tokens.ts";

export function createSecrets(): Secrets {
  return {
    make: (prefix) => prefix + randomBytes(32).toString("base64url"),
    hash: (secret) => createHash("sha256").update(secret).digest("hex"),
  };
}
