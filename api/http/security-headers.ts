import { securityHeaders } from "../core/security-headers.ts";
import type { HttpStep } from "../rest/env.ts";

/** Of a page: it shares its window with no other, and asks for none of the reader's devices. */
const pageHeaders: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy":
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
};

/** The security headers of every answer; what a handler has set, such as a page's own policy, stays. */
export const secure: HttpStep = async (c, next) => {
  await next();
  setSecurityHeaders(c.res.headers);
};

export function setSecurityHeaders(headers: Headers): void {
  const isPage = headers.get("Content-Type")?.startsWith("text/html") ?? false;
  const wanted = isPage ? { ...securityHeaders, ...pageHeaders } : securityHeaders;
  for (const [name, value] of Object.entries(wanted)) {
    if (!headers.has(name)) headers.set(name, value);
  }
}
