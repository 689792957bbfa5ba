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
  readonly auth: TenantAuth;
  readonly budget: TenantBudget;
  readonly prompt: string | null;
  readonly model: string | null;
  readonly temperature: number | null;
}

export interface TenantLimits {
  /** User messages a UTC day. */
  readonly messagesPerDay: number;
  readonly messagesPerMinute: number;
  /** WebSockets and event streams, of all processes together. */
  readonly concurrentConnections: number;
  /** Requests a minute; null takes RATE_LIMIT_REQUESTS_PER_MINUTE. */
  readonly requestsPerMinute: number | null;
  /** How many it may have; the platform's own among them. */
  readonly documents: number;
  /** Of its documents as they were brought, in bytes. */
  readonly documentBytes: number;
  /** How much of the limits above the documents one visitor or user may use, in percent; 100: all. */
  readonly personShare: number;
  /** How much of each of these one address may use, in percent; 100: all. */
  readonly addressShare: number;
}

export interface TenantAuth {
  /** `none`: anonymous visitors too. `key`: who shows an API key or a user's token. `user`: a user's token or a secret key. */
  readonly required: "none" | "key" | "user";
  /** Who vouches for the tenant's users besides us; null: nobody. */
  readonly issuer: TenantIssuer | null;
}

/** An issuer of JSON Web Tokens for the tenant's own users. */
export interface TenantIssuer {
  /** The claim `iss`, to the letter. */
  readonly issuer: string;
  /** What the claim `aud` must name; the tenant's id where the settings say nothing. */
  readonly audience: string;
  /** Where its public keys are; https. */
  readonly jwksUrl: string | null;
  /** Its public keys as JWKs, besides those or in their place. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** What language models may cost the tenant on one UTC day. */
export interface TenantBudget {
  /** US dollars; null: no limit. */
  readonly perDay: number | null;
  /** What is tried in turn when an answer of the usual model doesn't fit any more; behind the last one it is refused. */
  readonly atLimit: readonly BudgetStep[];
  /** The model of the step `cheaper_model`. */
  readonly cheaperModel: string | null;
}

export type BudgetStep = "cheaper_model" | "extract";

/** What a plan grants where the settings don't say otherwise. A plan of another name grants what `free` does. */
const MiB = 1024 * 1024;
const plans = {
  free: {
    messagesPerDay: 1000,
    messagesPerMinute: 30,
    concurrentConnections: 50,
    documents: 1000,
    documentBytes: 500 * MiB,
  },
  pro: {
    messagesPerDay: 5000,
    messagesPerMinute: 60,
    concurrentConnections: 100,
    documents: 10_000,
    documentBytes: 5000 * MiB,
  },
  // The numbers of messages and connections are those of the platform's first description.
  enterprise: {
    messagesPerDay: 10_000,
    messagesPerMinute: 60,
    concurrentConnections: 100,
    documents: 100_000,
    documentBytes: 50_000 * MiB,
  },
} as const;

const defaultShare = 50;

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
 * Reads the `settings` column, which people write by hand. What is missing takes its default. What is of the wrong type
 * does too, such as a limit, whose default is what the plan grants: neither nothing nor more than is paid for; but a
 * wrong value of what closes a door closes it, such as a feature. So a typing error can neither open nor break a tenant.
 */
export function parseSettings(raw: unknown, tenantId: string): TenantSettings {
  const settings = asRecord(raw);
  const features = parseFeatures(settings.features);
  const limits = asRecord(settings.limits);
  const plan = asString(settings.plan) ?? "free";
  const granted = grantOf(plan);
  return {
    plan,
    features,
    limits: {
      messagesPerDay: asCount(limits.messages_per_day) ?? granted.messagesPerDay,
      messagesPerMinute: asCount(limits.messages_per_minute) ?? granted.messagesPerMinute,
      concurrentConnections:
        asCount(limits.concurrent_connections) ?? granted.concurrentConnections,
      requestsPerMinute: asCount(limits.requests_per_minute) ?? null,
      documents: asCount(limits.documents) ?? granted.documents,
      documentBytes: asCount(limits.document_bytes) ?? granted.documentBytes,
      personShare: asShare(limits.person_share) ?? defaultShare,
      addressShare: asShare(limits.address_share) ?? defaultShare,
    },
    branding: Object.fromEntries(
      Object.entries(asRecord(settings.branding)).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    ),
    allowedOrigins: asStrings(settings.allowed_origins).filter(isOrigin),
    chatAccess:
      isMissing(settings.chat_access) || settings.chat_access === "link" ? "link" : "visitor",
    auth: parseAuth(settings.auth, tenantId),
    budget: parseBudget(settings.budget),
    prompt: asString(settings.prompt) ?? null,
    model: asString(settings.model) ?? null,
    temperature: typeof settings.temperature === "number" ? settings.temperature : null,
  };
}

function parseFeatures(raw: unknown): TenantSettings["features"] {
  const features = asRecord(raw);
  const isGroup = isMissing(raw) || isRecord(raw);
  const isOn = (value: unknown) => isGroup && (isMissing(value) || value === true);
  return {
    chat: isOn(features.chat),
    rag: isOn(features.rag),
    analytics: isOn(features.analytics),
  };
}

function grantOf(plan: string) {
  return Object.entries(plans).find(([name]) => name === plan)?.[1] ?? plans.free;
}

function parseAuth(raw: unknown, tenantId: string): TenantAuth {
  const auth = asRecord(raw);
  const issuer = asString(auth.issuer);
  return {
    required: isMissing(raw) || isRecord(raw) ? parseRequired(auth.required) : "user",
    issuer: issuer
      ? {
          issuer,
          audience: asString(auth.audience) ?? tenantId,
          jwksUrl: asString(auth.jwks_url) ?? null,
          keys: Array.isArray(auth.keys) ? auth.keys.filter(isRecord) : [],
        }
      : null,
  };
}

function parseRequired(value: unknown): TenantAuth["required"] {
  if (isMissing(value)) return "none";
  return value === "none" || value === "key" ? value : "user";
}

function parseBudget(raw: unknown): TenantBudget {
  const budget = asRecord(raw);
  const steps: readonly unknown[] = Array.isArray(budget.at_limit)
    ? budget.at_limit
    : [budget.at_limit];
  return {
    perDay: isMissing(raw) || isRecord(raw) ? parseDollars(budget.usd_per_day) : 0,
    atLimit: isMissing(budget.at_limit)
      ? ["extract"]
      : steps.filter((step) => step === "cheaper_model" || step === "extract"),
    cheaperModel: asString(budget.cheaper_model) ?? null,
  };
}

/** A limit that can't be read is none that can be spent. */
function parseDollars(value: unknown): number | null {
  if (isMissing(value)) return null;
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}

/** Exactly what a browser sends as Origin: scheme, host and a port that isn't the scheme's own. */
export function isOrigin(text: string): boolean {
  return text !== "null" && URL.canParse(text) && new URL(text).origin === text;
}

function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asShare(value: unknown): number | undefined {
  const share = asCount(value);
  return share !== undefined && share >= 1 && share <= 100 ? share : undefined;
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? { ...value } : {};
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
