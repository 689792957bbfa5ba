import { describe, expect, it } from "vitest";
import { parseSettings } from "../../api/core/tenant.ts";

const parse = (raw: unknown) => parseSettings(raw, "demo");

/** What people may write where something else is expected. */
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

describe("settings", () => {
  const present = wrongs.filter((value) => value !== null && value !== undefined);

  it("show a chat to its visitor alone where it can't be read who may see it", () => {
    for (const chat_access of present)
      expect(parse({ chat_access }).chatAccess, JSON.stringify(chat_access)).toBe("visitor");
    expect(parse({ chat_access: null }).chatAccess).toBe("link");
  });

  it("ask for a user where it can't be read what is asked for", () => {
    for (const value of present) {
      expect(parse({ auth: { required: value } }).auth.required, JSON.stringify(value)).toBe(
        "user",
      );
      const isRecord = typeof value === "object" && !Array.isArray(value);
      if (!isRecord) expect(parse({ auth: value }).auth.required).toBe("user");
    }
    for (const auth of [null, {}, { required: null }, { required: "none" }])
      expect(parse({ auth }).auth.required).toBe("none");
  });

  it("switch a feature off where it can't be read whether it is on", () => {
    const on = { chat: true, rag: true, analytics: true };
    const off = { chat: false, rag: false, analytics: false };
    for (const value of present.filter((one) => one !== true)) {
      const each = { chat: value, rag: value, analytics: value };
      expect(parse({ features: each }).features, JSON.stringify(value)).toEqual(off);
      const isRecord = typeof value === "object" && !Array.isArray(value);
      if (!isRecord) expect(parse({ features: value }).features).toEqual(off);
    }
    for (const value of [null, {}, { chat: null }, { chat: true, other: 1 }])
      expect(parse({ features: value }).features).toEqual(on);
    expect(parse({ features: { chat: "yes" } }).features).toEqual({ ...on, chat: false });
  });

  it("grant what the plan does where a limit can't be read", () => {
    const standard = parse({ plan: "pro" }).limits;
    for (const value of [...present, "100", 10.5]) {
      const names = [
        "messages_per_day",
        "messages_per_minute",
        "concurrent_connections",
        "requests_per_minute",
        "person_share",
        "address_share",
      ];
      const limits = Object.fromEntries(names.map((name) => [name, value]));
      expect(parse({ plan: "pro", limits }).limits, JSON.stringify(value)).toEqual(standard);
      expect(parse({ plan: "pro", limits: value }).limits).toEqual(standard);
    }
  });

  it("expect the tenant's own id as the audience where they name none", () => {
    const auth = { issuer: "https://login.example/", jwks_url: 5, keys: [1, null, { kty: "EC" }] };
    expect(parseSettings({ auth }, "acme").auth.issuer).toEqual({
      issuer: "https://login.example/",
      audience: "acme",
      jwksUrl: null,
      keys: [{ kty: "EC" }],
    });
  });

  it("take from the plan what their limits don't say", () => {
    const limitsOf = (raw: object) => {
      const { messagesPerDay, messagesPerMinute, concurrentConnections } = parse(raw).limits;
      return [messagesPerDay, messagesPerMinute, concurrentConnections];
    };
    expect(limitsOf({ plan: "pro" })).toEqual([5000, 60, 100]);
    expect(limitsOf({ plan: "enterprise" })).toEqual([10_000, 60, 100]);
    for (const plan of ["free", "gold", "Pro", "constructor", "__proto__"])
      expect(limitsOf({ plan }), plan).toEqual([1000, 30, 50]);
    expect(limitsOf({ plan: "pro", limits: { messages_per_minute: 7 } })).toEqual([5000, 7, 100]);
  });

  describe("of a budget", () => {
    const perDayOf = (budget: unknown) => parse({ budget }).budget.perDay;
    const stepsOf = (at_limit: unknown) => parse({ budget: { at_limit } }).budget.atLimit;

    it("are a number of dollars, also none and less than one", () => {
      for (const dollars of [0, 0.01, 5, 1e9])
        expect(perDayOf({ usd_per_day: dollars })).toBe(dollars);
    });

    it("let nothing be spent where the limit can't be read, and all where there is none", () => {
      for (const value of wrongs.filter((one) => one !== 0.5 && one !== null && one !== undefined))
        expect(perDayOf({ usd_per_day: value }), JSON.stringify(value)).toBe(0);
      for (const value of ["", "5", 5, true, [], [5]])
        expect(perDayOf(value), JSON.stringify(value)).toBe(0);
      for (const value of [null, undefined, {}, { usd_per_day: null }, { at_limit: "extract" }])
        expect(perDayOf(value), JSON.stringify(value)).toBeNull();
    });

    it("name the steps in their order, one alone without a list, and none that is unknown", () => {
      expect(stepsOf(["extract", "cheaper_model"])).toEqual(["extract", "cheaper_model"]);
      expect(stepsOf("cheaper_model")).toEqual(["cheaper_model"]);
      expect(stepsOf(["cheaper_model", "wait", 3, null])).toEqual(["cheaper_model"]);
      for (const value of ["refuse", [], [[]], {}, 7, false]) expect(stepsOf(value)).toEqual([]);
      for (const value of [null, undefined]) expect(stepsOf(value)).toEqual(["extract"]);
    });
  });
});
