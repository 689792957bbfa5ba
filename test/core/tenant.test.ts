import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isTenantId,
  parseSettings,
  tenantSchema,
  type TenantSettings,
} from "../../api/core/tenant.ts";

const parse = (raw: unknown) => parseSettings(raw, "demo");

const defaults: TenantSettings = {
  plan: "free",
  features: { chat: true, rag: true, analytics: true },
  limits: {
    messagesPerDay: 1000,
    messagesPerMinute: 30,
    concurrentConnections: 50,
    requestsPerMinute: null,
    documents: 1000,
    documentBytes: 500 * 1024 * 1024,
    personShare: 50,
    addressShare: 50,
  },
  branding: {},
  allowedOrigins: [],
  chatAccess: "link",
  auth: { required: "none", issuer: null },
  budget: { perDay: null, atLimit: ["extract"], cheaperModel: null },
  prompt: null,
  model: null,
  temperature: null,
};

describe("settings", () => {
  it("are read as they are written", () => {
    const raw = {
      plan: "pro",
      features: { chat: false, rag: false, analytics: false },
      limits: {
        messages_per_day: 0,
        messages_per_minute: 1,
        concurrent_connections: 2,
        requests_per_minute: 3,
        documents: 4,
        document_bytes: 5,
        person_share: 1,
        address_share: 100,
      },
      branding: { title: "Ask us", color: "#036" },
      allowed_origins: ["https://a.example", "http://localhost:3000"],
      chat_access: "visitor",
      auth: {
        required: "key",
        issuer: "https://login.example/",
        audience: "chat",
        jwks_url: "https://login.example/keys",
        keys: [{ kty: "OKP" }],
      },
      budget: { usd_per_day: 2.5, at_limit: ["cheaper_model", "extract"], cheaper_model: "gpt-y" },
      prompt: "Be brief.",
      model: "gpt-x",
      temperature: 0,
    };
    expect(parse(raw)).toEqual({
      plan: "pro",
      features: { chat: false, rag: false, analytics: false },
      limits: {
        messagesPerDay: 0,
        messagesPerMinute: 1,
        concurrentConnections: 2,
        requestsPerMinute: 3,
        documents: 4,
        documentBytes: 5,
        personShare: 1,
        addressShare: 100,
      },
      branding: { title: "Ask us", color: "#036" },
      allowedOrigins: ["https://a.example", "http://localhost:3000"],
      chatAccess: "visitor",
      auth: {
        required: "key",
        issuer: {
          issuer: "https://login.example/",
          audience: "chat",
          jwksUrl: "https://login.example/keys",
          keys: [{ kty: "OKP" }],
        },
      },
      budget: { perDay: 2.5, atLimit: ["cheaper_model", "extract"], cheaperModel: "gpt-y" },
      prompt: "Be brief.",
      model: "gpt-x",
      temperature: 0,
    });
  });

  it("take their defaults where they are missing", () => {
    for (const raw of [{}, undefined, null, [], "", 0, true, "settings", [{ plan: "pro" }]]) {
      expect(parse(raw), JSON.stringify(raw)).toEqual(defaults);
    }
  });

  const wrongs = [
    null,
    undefined,
    "",
    "text",
    "12",
    0.5,
    -1,
    NaN,
    Infinity,
    true,
    [],
    {},
    [1],
    { a: 1 },
  ];
  const fields = [
    ["plan", [...wrongs.filter((value) => typeof value !== "string"), ""]],
    ["features", [null, undefined, {}, { a: 1 }]],
    ["limits", wrongs],
    ["limits.messages_per_day", wrongs],
    ["limits.messages_per_minute", wrongs],
    ["limits.concurrent_connections", wrongs],
    ["limits.requests_per_minute", wrongs],
    ["limits.person_share", [...wrongs, 0, 101]],
    ["limits.address_share", [...wrongs, 0, 101]],
    ["features.chat", [null, undefined]],
    ["features.rag", [null, undefined]],
    ["features.analytics", [null, undefined]],
    ["branding", wrongs.filter((value) => JSON.stringify(value) !== '{"a":1}')],
    ["allowed_origins", wrongs],
    ["auth.issuer", wrongs.filter((value) => typeof value !== "string")],
    ["budget.cheaper_model", wrongs.filter((value) => typeof value !== "string")],
    ["prompt", wrongs.filter((value) => typeof value !== "string")],
    ["model", wrongs.filter((value) => typeof value !== "string")],
    ["temperature", wrongs.filter((value) => typeof value !== "number")],
  ] as const;
  for (const [field, values] of fields) {
    it(`take the default of ${field} for a value of the wrong type`, () => {
      const [outer = "", inner] = field.split(".");
      for (const value of values) {
        const raw = inner === undefined ? { [outer]: value } : { [outer]: { [inner]: value } };
        expect(parse(raw), JSON.stringify(raw)).toEqual(defaults);
      }
    });
  }

  it("leave out of branding and origins what is no text", () => {
    const { branding, allowedOrigins } = parse({
      branding: { title: "Ask", size: 3, deep: { a: "b" }, none: null, list: ["a"], yes: true },
      allowed_origins: [
        "https://a.example",
        1,
        null,
        ["https://b.example"],
        { origin: "https://c.example" },
      ],
    });
    expect(branding).toEqual({ title: "Ask" });
    expect(allowedOrigins).toEqual(["https://a.example"]);
  });

  it("have every field in its type, whatever is written there", () => {
    const written = fc.record(
      {
        plan: fc.anything(),
        features: fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom("chat", "rag", "analytics"), fc.anything()),
        ),
        limits: fc.oneof(
          fc.anything(),
          fc.dictionary(
            fc.constantFrom("messages_per_day", "messages_per_minute", "requests_per_minute"),
            fc.anything(),
          ),
        ),
        branding: fc.oneof(fc.anything(), fc.dictionary(fc.string(), fc.anything())),
        allowed_origins: fc.oneof(fc.anything(), fc.array(fc.anything())),
        chat_access: fc.anything(),
        auth: fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom("required", "issuer", "audience", "keys"), fc.anything()),
        ),
        budget: fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom("usd_per_day", "at_limit", "cheaper_model"), fc.anything()),
        ),
        prompt: fc.anything(),
        temperature: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(written, fc.anything()), (raw) => {
        const settings = parse(raw);
        const { limits, features } = settings;
        expect(Object.keys(settings).toSorted()).toEqual(Object.keys(defaults).toSorted());
        expect([settings.plan].every((text) => typeof text === "string" && text !== "")).toBe(true);
        expect(Object.values(features).every((value) => typeof value === "boolean")).toBe(true);
        const counts = [
          limits.messagesPerDay,
          limits.messagesPerMinute,
          limits.concurrentConnections,
        ];
        expect(counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
        const perMinute = limits.requestsPerMinute;
        expect(perMinute === null || (Number.isInteger(perMinute) && perMinute >= 0)).toBe(true);
        expect(Object.values(settings.branding).every((value) => typeof value === "string")).toBe(
          true,
        );
        expect(settings.allowedOrigins.every((value) => typeof value === "string")).toBe(true);
        expect(["link", "visitor"]).toContain(settings.chatAccess);
        expect(["none", "key", "user"]).toContain(settings.auth.required);
        const { perDay, atLimit, cheaperModel } = settings.budget;
        expect(perDay === null || (Number.isFinite(perDay) && perDay >= 0)).toBe(true);
        expect(atLimit.every((step) => ["cheaper_model", "extract"].includes(step))).toBe(true);
        expect(cheaperModel === null || typeof cheaperModel === "string").toBe(true);
        const shares = [limits.personShare, limits.addressShare];
        expect(shares.every((share) => share >= 1 && share <= 100)).toBe(true);
        expect(settings.prompt === null || typeof settings.prompt === "string").toBe(true);
        expect(settings.temperature === null || typeof settings.temperature === "number").toBe(
          true,
        );
      }),
    );
  });
});

describe("a tenant's id", () => {
  it("has lower-case letters, digits and single hyphens", () => {
    for (const id of ["demo", "miptech-company", "a", "0", "a-1-b", "x".repeat(48)])
      expect(isTenantId(id), id).toBe(true);
    const wrong = [
      "",
      "-",
      "a-",
      "-a",
      "a--b",
      "Demo",
      "a_b",
      "a b",
      "a.b",
      "ä",
      "a\n",
      "\na",
      "٣",
      "x".repeat(49),
      "a/b",
      "a'",
    ];
    for (const id of wrong) expect(isTenantId(id), JSON.stringify(id)).toBe(false);
  });

  it("has a schema of its own", () => {
    expect(tenantSchema("miptech-company")).toBe("tenant_miptech_company");
    const ids = fc.stringMatching(/^[a-z0-9]{1,4}(?:-[a-z0-9]{1,4}){0,3}$/);
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        expect(isTenantId(a)).toBe(true);
        expect(tenantSchema(a) === tenantSchema(b)).toBe(a === b);
        expect(tenantSchema(a)).toMatch(/^tenant_[a-z0-9_]+$/);
      }),
    );
    expect(tenantSchema("x".repeat(48)).length).toBeLessThanOrEqual(63);
  });

  it("is checked in no time, however long it is", () => {
    expect(isTenantId("a-".repeat(5_000_000))).toBe(false);
  });
});
