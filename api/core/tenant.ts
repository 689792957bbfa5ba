/** A client organisation, as every door sees it once it has been found and is active. */
export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly domain: string | null;
  readonly settings: TenantSettings;
}

export interface TenantSettings {
  readonly plan: string;
  readonly features: { readonly chat: boolean; readonly rag: boolean; readonly analytics: boolean };
  readonly limits: TenantLimits;
  /** Free-form values for the element; strings only reach it. */
  readonly branding: Readonly<Record<string, string>>;
  /** Origins that may call for this tenant, besides those of CORS_ORIGINS. */
  readonly allowedOrigins: readonly string[];
  /** `link`: a chat's unguessable id opens it. `visitor`: only the visitor who made it. */
  readonly chatAccess: "link" | "visitor";
  readonly prompt: string | null;
  readonly model: string | null;
  readonly temperature: number | null;
}

export interface TenantLimits {
  /** User messages a UTC day. */
  readonly messagesPerDay: number;
  readonly messagesPerMinute: number;
  readonly concurrentConnections: number;
  /** Requests a minute; null takes RATE_LIMIT_REQUESTS_PER_MINUTE. */
  readonly requestsPerMinute: number | null;
}

export const maxTenantIdLength = 48;
const idPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Lower-case letters, digits and single hyphens: so that id → schema name is one to one. */
export function isTenantId(id: string): boolean {
  return id.length <= maxTenantIdLength && idPattern.test(id);
}

/** `miptech-company` → `tenant_miptech_company`. */
export function tenantSchema(id: string): string {
  return `tenant_${id.replaceAll("-", "_")}`;
}

/**
 * Reads the `settings` column, which people write by hand: what is missing or of the wrong type
 * takes its default, so that a typing error can neither open nor break a tenant.
 */
export function parseSettings(raw: unknown): TenantSettings {
  const settings = asRecord(raw);
  const features = asRecord(settings.features);
  const limits = asRecord(settings.limits);
  return {
    plan: asString(settings.plan) ?? "free",
    features: {
      chat: features.chat !== false,
      rag: features.rag !== false,
      analytics: features.analytics !== false,
    },
    limits: {
      messagesPerDay: asCount(limits.messages_per_day) ?? 10_000,
      messagesPerMinute: asCount(limits.messages_per_minute) ?? 60,
      concurrentConnections: asCount(limits.concurrent_connections) ?? 100,
      requestsPerMinute: asCount(limits.requests_per_minute) ?? null,
    },
    branding: Object.fromEntries(
      Object.entries(asRecord(settings.branding)).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    ),
    allowedOrigins: asStrings(settings.allowed_origins),
    chatAccess: settings.chat_access === "visitor" ? "visitor" : "link",
    prompt: asString(settings.prompt) ?? null,
    model: asString(settings.model) ?? null,
    temperature: typeof settings.temperature === "number" ? settings.temperature : null,
  };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function asString(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function asStrings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function asCount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}
