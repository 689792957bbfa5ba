import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { patchSettings, showSettings } from "../../../api/core/admin/settings-patch.ts";
import { ownSettings, settingRules } from "../../../api/core/admin/setting-rules.ts";
import { parseSettings } from "../../../api/core/tenant.ts";

const patch = (change: unknown, stored = {}) => patchSettings(stored, change, true);
const keyOf = (pair: { publicKey: { export(options: { format: "jwk" }): object } }) =>
  pair.publicKey.export({ format: "jwk" });

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const publicKeys = [
  { ...keyOf(rsa), kid: "a", use: "sig", alg: "RS256" },
  { ...keyOf(ec), kid: "b", alg: "ES256" },
  { ...keyOf(ed), kid: "c", alg: "EdDSA" },
];

/** All settings that there are, each with a value that it may have. */
const everything = {
  plan: "pro",
  features: { chat: true, rag: false, analytics: false },
  limits: {
    messages_per_day: 0,
    messages_per_minute: 7,
    concurrent_connections: 5_000_000_000,
    requests_per_minute: 600,
    person_share: 1,
    address_share: 100,
  },
  branding: { color: "#123456", greeting: "Grüß Gott 👋", "logo-url": "" },
  allowed_origins: ["https://example.com", "http://localhost:3000"],
  chat_access: "visitor",
  auth: {
    required: "key",
    issuer: "https://id.example.com/",
    audience: "chat",
    jwks_url: "https://id.example.com/jwks.json",
    keys: publicKeys,
  },
  budget: {
    usd_per_day: 0.5,
    at_limit: ["cheaper_model", "extract"],
    cheaper_model: "gpt-4o-mini",
  },
  prompt: "Be kind.",
  model: "gpt-4o",
  temperature: 0.2,
};

test("every setting can be set, and is then read as it was set", () => {
  const settings = patch(everything);
  expect(settings).toEqual(everything);
  const { auth, budget, limits, ...read } = parseSettings(settings, "demo");
  expect(Object.keys(everything).toSorted()).toEqual(Object.keys(settingRules.fields).toSorted());
  expect(auth).toEqual({
    required: "key",
    issuer: {
      issuer: "https://id.example.com/",
      audience: "chat",
      jwksUrl: "https://id.example.com/jwks.json",
      keys: publicKeys,
    },
  });
  expect(budget).toEqual({
    perDay: 0.5,
    atLimit: ["cheaper_model", "extract"],
    cheaperModel: "gpt-4o-mini",
  });
  expect(limits).toEqual({
    messagesPerDay: 0,
    messagesPerMinute: 7,
    concurrentConnections: 5_000_000_000,
    requestsPerMinute: 600,
    personShare: 1,
    addressShare: 100,
    documents: 10_000,
    documentBytes: 5_242_880_000,
  });
  expect(read).toEqual({
    plan: "pro",
    features: everything.features,
    branding: everything.branding,
    allowedOrigins: everything.allowed_origins,
    chatAccess: "visitor",
    prompt: "Be kind.",
    model: "gpt-4o",
    temperature: 0.2,
  });
});

test("a patch leaves the rest as it is, also what nobody knows, and null takes away", () => {
  const stored = { plan: "pro", ours: { a: 1 }, limits: { messages_per_day: 5, theirs: 2 } };
  expect(patch({ limits: { messages_per_minute: 3, messages_per_day: null } }, stored)).toEqual({
    plan: "pro",
    ours: { a: 1 },
    limits: { messages_per_minute: 3, theirs: 2 },
  });
  expect(patch({ plan: null, limits: null }, stored)).toEqual({ ours: { a: 1 } });
});

test("a group that somebody has written wrongly is set right", () => {
  expect(patch({ auth: { required: "user" } }, { auth: "none" })).toEqual({
    auth: { required: "user" },
  });
});

describe("refused, by the name of the field, is", () => {
  const privateKey = rsa.privateKey.export({ format: "jwk" });
  const weak = keyOf(generateKeyPairSync("rsa", { modulusLength: 1024 }));
  const issuer = { issuer: "https://id.example.com/" };
  const keys = (...list: unknown[]) => ({ auth: { ...issuer, keys: list } });
  const cases: [what: string, change: unknown, message: string | RegExp][] = [
    ["no object", [], "settings: an object is expected"],
    ["an unknown setting", { colour: 1 }, "settings.colour: there is no such setting"],
    [
      "an unknown one in a group",
      { limits: { x: 1 } },
      "settings.limits.x: there is no such setting",
    ],
    ["one of every object", { constructor: 1 }, "settings.constructor: there is no such setting"],
    [
      "one of every object's, deeper",
      { limits: { toString: 1 } },
      "settings.limits.toString: there",
    ],
    ["a group that is none", { limits: 5 }, "settings.limits: an object is expected"],
    ["a plan of blanks", { plan: " " }, "settings.plan: a text of 1 to 64"],
    ["a feature in words", { features: { rag: "no" } }, "settings.features.rag: true or false"],
    ["half a message", { limits: { messages_per_day: 0.5 } }, "messages_per_day: a whole number"],
    ["less than none", { limits: { messages_per_minute: -1 } }, "messages_per_minute: a whole"],
    ["a number in words", { limits: { requests_per_minute: "5" } }, "requests_per_minute: a whole"],
    ["no share", { limits: { person_share: 0 } }, "person_share: a whole number from 1 to 100"],
    ["more than all", { limits: { address_share: 101 } }, "address_share: a whole number from 1"],
    ["a long text", { branding: { a: "x".repeat(2001) } }, "branding.a: a text of 1 to 2000"],
    ["a number as text", { branding: { a: 5 } }, "settings.branding.a: a text"],
    ["an odd name", { branding: { "a b": "x" } }, "settings.branding.a b: there is no such"],
    ["a forbidden name", JSON.parse('{"branding":{"__proto__":"x"}}'), "branding.__proto__: there"],
    ["half a character", { branding: { a: "\ud800" } }, "settings.branding.a: Holds NUL or half"],
    ["NUL", { prompt: "a\0b" }, "settings.prompt: Holds NUL or half"],
    ["a long prompt", { prompt: "x".repeat(8001) }, "settings.prompt: a text of 1 to 8000"],
    [
      "a path behind an origin",
      { allowed_origins: ["https://a.example/"] },
      "in place 1, an origin",
    ],
    ["an origin with a star", { allowed_origins: ["https://*.example"] }, "in place 1, an origin"],
    [
      "no page's origin",
      { allowed_origins: ["https://a.example", "null"] },
      "in place 2, an origin",
    ],
    ["a scheme of no page", { allowed_origins: ["ftp://a.example"] }, "in place 1, an origin"],
    ["an origin in capitals", { allowed_origins: ["https://A.example"] }, "in place 1, an origin"],
    ["one origin twice", { allowed_origins: ["https://a.b", "https://a.b"] }, "stands there twice"],
    ["a lone origin", { allowed_origins: "https://a.b" }, "allowed_origins: a list of at most 100"],
    ["access for all", { chat_access: "all" }, 'settings.chat_access: "link" or "visitor"'],
    ["a gate of another kind", { auth: { required: "some" } }, 'auth.required: "none" or "key" or'],
    [
      "keys without TLS",
      { auth: { ...issuer, jwks_url: "http://a.b" } },
      "auth.jwks_url: an address",
    ],
    ["an address with a password", { auth: { jwks_url: "https://u:p@a.b" } }, "auth.jwks_url: an"],
    ["an issuer without keys", { auth: issuer }, "settings.auth: an issuer needs its keys"],
    [
      "keys without issuer",
      { auth: { keys: [publicKeys[0]] } },
      "settings.auth.issuer: is missing",
    ],
    ["a private key", keys(privateKey), "auth.keys: in place 1, only the public part"],
    ["a symmetric key", keys({ kty: "oct", k: "c2VjcmV0" }), "in place 1, only the public part"],
    ["a symmetric key in disguise", keys({ ...publicKeys[0], k: "x" }), "only the public part"],
    ["a weak key", keys(weak), "its member n is missing, of another form or too short"],
    ["half a key", keys({ kty: "EC", crv: "P-256", x: "x" }), "its member x is missing"],
    ["a key of another curve", keys({ kty: "OKP", crv: "X25519" }), "its member crv is missing"],
    ["a key of no type", keys({ kty: "constructor" }), "a key of the type RSA, EC or OKP"],
    ["a key for secrets", keys({ ...publicKeys[1], use: "enc" }), "a key for signatures"],
    ["a key with a note", keys({ ...publicKeys[1], password: "x" }), 'the member "password"'],
    [
      "two keys alike",
      keys(publicKeys[0], { ...publicKeys[1], kid: "a" }),
      "a kid of its own each",
    ],
    ["two without kid", keys(keyOf(rsa), keyOf(ec)), "settings.auth.keys: several keys need"],
    [
      "money without end",
      { budget: { usd_per_day: Infinity } },
      "budget.usd_per_day: a number from",
    ],
    ["a debt", { budget: { usd_per_day: -1 } }, "budget.usd_per_day: a number from 0"],
    ["an unknown step", { budget: { at_limit: ["beg"] } }, 'at_limit: in place 1, "cheaper_model"'],
    ["a step to nothing", { budget: { at_limit: ["cheaper_model"] } }, "cheaper_model: is missing"],
    ["too much heat", { temperature: 2.1 }, "settings.temperature: a number from 0 to 2"],
    ["no number", { temperature: Number.NaN }, "settings.temperature: a number from 0 to 2"],
  ];

  test.each(cases)("%s", (_what, change, message) => {
    expect(() => patch(change)).toThrow(
      expect.objectContaining({
        code: "INVALID_REQUEST",
        message: expect.stringContaining(String(message)),
      }),
    );
  });

  test("more branding than there is room for, counted with what is there", () => {
    const names = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${from + n}`, "x"]));
    const stored = patch({ branding: names(0, 50) });
    expect(() => patch({ branding: names(50, 1) }, stored)).toThrow(
      "settings.branding: at most 50",
    );
    expect(patch({ branding: { ...names(50, 1), n0: null } }, stored)).toBeTruthy();
  });

  test("no part of a secret is repeated", () => {
    const secret = "a-very-secret-part-of-a-key";
    for (const key of [{ ...privateKey, d: secret }, { kty: "oct", k: secret }, secret]) {
      const refuse = () => patch(keys(key));
      expect(refuse).toThrow();
      expect(refuse).not.toThrow(secret);
    }
  });
});

describe("a tenant's own admin", () => {
  const own = (change: unknown) => patchSettings({}, change, false);

  test.each(ownSettings)("sets %s", (name) => {
    const change = { [name]: everything[name as keyof typeof everything] };
    expect(own(change)).toEqual(change);
  });

  const others = Object.keys(everything).filter((name) => !ownSettings.includes(name));

  test.each(others)("doesn't set %s, nor take it away", (name) => {
    for (const value of [everything[name as keyof typeof everything], null]) {
      expect(() => own({ [name]: value })).toThrow(
        expect.objectContaining({
          code: "FORBIDDEN",
          message: `settings.${name}: only the platform's admin sets this`,
        }),
      );
    }
  });

  test("these are plan, features, limits, budget and model", () => {
    expect(others).toEqual(["plan", "features", "limits", "budget", "model"]);
  });
});

test("a private key that somebody has written by hand is not shown", () => {
  const settings = {
    auth: { keys: [{ kty: "oct", k: "secret" }, rsa.privateKey.export({ format: "jwk" })] },
  };
  const shown = showSettings(settings);
  expect(shown).toEqual({ auth: { keys: [{ kty: "oct" }, keyOf(rsa)] } });
});
