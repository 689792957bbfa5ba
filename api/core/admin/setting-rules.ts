import { isOrigin } from "../tenant.ts";
import { publicJwk } from "./public-jwk.ts";
import { flag, list, looseText, number, oneOf, text, whole, type Rule } from "./rules.ts";

/** Settings by name, as they stand in the column `settings`. */
export interface SettingGroup {
  readonly fields: Readonly<Record<string, Rule | SettingGroup>>;
  /** Of members with names of one's own choice. */
  readonly others?: { readonly name: RegExp; readonly value: Rule; readonly max: number };
}

export const maxOrigins = 100;
export const maxPromptLength = 8000;

const count = whole(0, Number.MAX_SAFE_INTEGER);
const share = whole(1, 100);

/** A star would be an origin to the letter, of no page, and whoever writes one means something else. */
export const origin: Rule = (value) =>
  typeof value === "string" && /^https?:[^*]{1,300}$/.test(value) && isOrigin(value)
    ? undefined
    : "an origin such as https://example.com is expected, without a path or a slash at its end";

export const origins = list(origin, maxOrigins);

/** An address that keys are fetched from: no password goes into it, nor into the log of who serves it. */
const httpsUrl: Rule = (value) => {
  const url = typeof value === "string" && value.length <= 2000 ? URL.parse(value) : null;
  const isPlain = url?.protocol === "https:" && !url.username && !url.password && !url.hash;
  return isPlain ? undefined : "an address such as https://example.com/jwks.json is expected";
};

/** All settings that there are: what each may hold. Null takes any of them away. */
export const settingRules: SettingGroup = {
  fields: {
    plan: text(64),
    features: { fields: { chat: flag, rag: flag, analytics: flag } },
    limits: {
      fields: {
        messages_per_day: count,
        messages_per_minute: count,
        concurrent_connections: count,
        requests_per_minute: count,
        documents: count,
        document_bytes: count,
        person_share: share,
        address_share: share,
      },
    },
    branding: {
      fields: {},
      others: { name: /^[a-z][\w.-]{0,63}$/i, value: looseText(2000), max: 50 },
    },
    allowed_origins: origins,
    chat_access: oneOf("link", "visitor"),
    auth: {
      fields: {
        required: oneOf("none", "key", "user"),
        issuer: text(1000),
        audience: text(1000),
        jwks_url: httpsUrl,
        keys: list(publicJwk, 20),
      },
    },
    budget: {
      fields: {
        usd_per_day: number(0, 1_000_000),
        at_limit: list(oneOf("cheaper_model", "extract"), 2),
        cheaper_model: text(200),
      },
    },
    prompt: text(maxPromptLength),
    model: text(200),
    temperature: number(0, 2),
  },
};

/** What a tenant's own admin may set; the rest costs the platform money, or is what the tenant pays for. */
export const ownSettings: readonly string[] = [
  "branding",
  "allowed_origins",
  "prompt",
  "temperature",
  "chat_access",
  "auth",
];
