import { createHash, timingSafeEqual } from "node:crypto";
import type { AdminCheck } from "../../core/access/tokens.ts";

/**
 * Compares what callers show with ADMIN_TOKEN, in a time that tells nothing of either.
 * @param adminToken undefined: nobody is the admin.
 */
export function createAdminCheck(adminToken: string | undefined): AdminCheck {
  if (!adminToken) return () => false;
  const wanted = digest(adminToken);
  return (token) => token !== undefined && timingSafeEqual(digest(token), wanted);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
