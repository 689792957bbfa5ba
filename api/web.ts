import { createWebFetcher } from "./adapters/web/fetcher.ts";
import { sitemapReader } from "./adapters/web/sitemap-reader.ts";
import type { Clock } from "./core/ports.ts";
import { type AddressRules, publicAddresses } from "./core/web/address.ts";
import type { SitemapReader } from "./core/web/sitemap.ts";
import type { WebFetcher } from "./core/web/web-fetcher.ts";
import type { WebSourceStore } from "./core/web/web-source.ts";
import type { WebConfig } from "./web-config.ts";

/** What documents come from the web with. */
export interface Web {
  readonly sources: WebSourceStore;
  readonly fetcher: WebFetcher;
  readonly sitemaps: SitemapReader;
  readonly addresses: AddressRules;
  /** Between two requests to one host, in ms. */
  readonly pauseMs: number;
}

/** Reads addresses of the public internet, unless the operator says otherwise. */
export function openWeb(
  { allowPrivate, ports, pauseMs }: WebConfig,
  sources: WebSourceStore,
  clock: Clock,
): Web {
  const addresses = allowPrivate
    ? { ports: undefined, isAllowed: () => true }
    : { ...publicAddresses, ports };
  const fetcher = createWebFetcher({ clock, addresses });
  return { sources, fetcher, sitemaps: sitemapReader, addresses, pauseMs };
}
