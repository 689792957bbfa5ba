import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shareLimit, shareOf } from "../../../api/core/limits/shares.ts";

const address = "198.51.100.7";
const person = { tenantId: "garden", personId: "vis_1", address };
const half = { personShare: 50, addressShare: 50 };

describe("a limit is shared", () => {
  it("by person and by address, each of which may use so much of the whole", () => {
    expect(shareLimit("requests", 70, person, { personShare: 10, addressShare: 33 })).toEqual([
      { key: "requests:garden", limit: 70, share: 100 },
      { key: "requests:garden:person:vis_1", limit: 7, share: 10 },
      { key: "requests:garden:address:198.51.100.7", limit: 24, share: 33 },
    ]);
  });

  it("by nobody where the shares are all of it", () => {
    const all = { personShare: 100, addressShare: 100 };
    expect(shareLimit("requests", 70, person, all)).toEqual([
      { key: "requests:garden", limit: 70, share: 100 },
    ]);
  });

  it("not by a person who isn't proven, nor by a server, which asks for many", () => {
    const keys = (consumer: Partial<typeof person>) =>
      shareLimit(
        "requests",
        70,
        { tenantId: "garden", personId: undefined, address: undefined, ...consumer },
        half,
      ).map(({ key }) => key);
    expect(keys({})).toEqual(["requests:garden"]);
    expect(keys({ address })).toEqual(["requests:garden", "requests:garden:address:198.51.100.7"]);
    expect(keys({ personId: "vis_1" })).toEqual([
      "requests:garden",
      "requests:garden:person:vis_1",
    ]);
  });

  it("not by an address that stands for many, such as that of an unnamed proxy", () => {
    for (const inner of ["10.0.0.1", "127.0.0.1", "::1", "fd00::1", "unknown", ""])
      expect(shareLimit("requests", 70, { ...person, address: inner }, half)).toHaveLength(2);
  });

  it("by all addresses of one IPv6 network together", () => {
    const keyOf = (inner: string) =>
      shareLimit("requests", 70, { ...person, address: inner }, half).at(-1)?.key;
    expect(keyOf("2001:db8::1")).toBe(keyOf("2001:DB8:0:0:ffff::2"));
    expect(keyOf("2001:db8::1")).not.toBe(keyOf("2001:db8:0:1::1"));
  });

  it("among the tenant's own: keys carry kind and tenant", () => {
    const keys = ["requests", "messages"].flatMap((kind) =>
      ["garden", "shop"].flatMap((tenantId) =>
        shareLimit(kind, 70, { ...person, tenantId }, half).map(({ key }) => key),
      ),
    );
    expect(new Set(keys).size).toBe(12);
  });
});

it("a share is at least one of anything, none of nothing, and never more than the whole", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 100 }), (limit, share) => {
      const part = shareOf(limit, share);
      expect(part).toBeLessThanOrEqual(limit);
      expect(part).toBeGreaterThanOrEqual((limit * share) / 100);
      expect(part).toBeLessThan((limit * share) / 100 + 1);
      expect(part > 0).toBe(limit > 0);
    }),
  );
});
