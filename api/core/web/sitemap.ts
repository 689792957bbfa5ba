/** What one file of a sitemap lists. */
export interface SitemapFile {
  /** `sitemaps`: it is an index, which names further files. */
  readonly kind: "pages" | "sitemaps";
  /** As they are written. */
  readonly locations: readonly string[];
}

export interface SitemapReader {
  /** @throws InvalidSitemapError */
  read(bytes: Uint8Array): Promise<SitemapFile>;
}

/** It is no sitemap, or not a whole one. Its message is safe to show. */
export class InvalidSitemapError extends Error {
  override readonly name = "InvalidSitemapError";
}
