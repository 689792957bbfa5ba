const safeProtocols: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

/**
 * The address as a browser will read it, or undefined unless it is an absolute http, https or mailto
 * one. Whatever hides a scheme (case, white space, control characters) is gone once it is parsed.
 */
export function safeHref(address: string | null | undefined): string | undefined {
  if (!address || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  return safeProtocols.has(url.protocol) ? url.href : undefined;
}

/** Makes a link of an anchor; the page that it opens learns nothing of ours. */
export function setHref(anchor: HTMLAnchorElement, href: string): void {
  anchor.href = href;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
}
