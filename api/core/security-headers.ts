/**
 * What goes with every answer over HTTP that says nothing else, also those that are written to a bare socket:
 * nobody guesses its type, runs it, frames it, or learns from it where a reader came from, and a page of another
 * origin gets it only by CORS, never as a picture or a script. HSTS is left to the proxy: it is for those who
 * end TLS, and we can't know whether anyone did.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
};
