import type { EnvReader } from "./env-reader.ts";

/** Whose pages may call, besides those of each tenant. */
export interface OriginConfig {
  /** For every tenant. */
  readonly corsOrigins: readonly string[];
  /** PUBLIC_URL: the origin of this server's own pages. */
  readonly publicOrigin: string | undefined;
  /** Whether, without that one, its pages are those of loopback addresses at which it is asked. */
  readonly trustsLoopback: boolean;
}

/** Those of the host page. */
const seedOrigins = ["http://localhost:3000", "http://localhost:8080"];

/** @param isDeployed for production and staging, where no origin is trusted that isn't named. */
export function readOriginConfig(reader: EnvReader, isDeployed: boolean): OriginConfig {
  const publicOrigin = readPublicOrigin(reader);
  if (isDeployed && publicOrigin === undefined) {
    reader.warn(
      "PUBLIC_URL is unset: pages of this server itself, such as GraphiQL and /docs, can't call the API",
    );
  }
  return {
    corsOrigins: readCorsOrigins(reader, isDeployed),
    publicOrigin,
    trustsLoopback: !isDeployed,
  };
}

/** A slash at its end is let pass. */
function readPublicOrigin(reader: EnvReader): string | undefined {
  const url = reader.url("PUBLIC_URL", ["https:", "http:"]);
  if (url === undefined) return undefined;
  const { origin } = new URL(url);
  if (url === origin || url === `${origin}/`) return origin;
  reader.fault("PUBLIC_URL: an origin such as https://chat.example.com is expected");
  return undefined;
}

function readCorsOrigins(reader: EnvReader, isDeployed: boolean): readonly string[] {
  const given = reader.list("CORS_ORIGINS");
  if (isDeployed && given === undefined) {
    reader.warn("CORS_ORIGINS is unset: only pages of each tenant's allowed_origins may call");
  }
  const origins = given ?? (isDeployed ? [] : seedOrigins);
  for (const origin of origins) {
    const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin;
    if (!isOrigin)
      reader.fault(
        `CORS_ORIGINS: ${JSON.stringify(origin)} is not an origin such as https://example.com`,
      );
  }
  return origins;
}
