import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { networkOf } from "../../../api/core/limits/network.ts";

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));
const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const globalGroups = fc.tuple(
  fc.integer({ min: 0x2000, max: 0x3fff }),
  fc.array(group, { minLength: 7, maxLength: 7 }),
);
const zone = fc.constantFrom("", "%eth0", "%1", "%en0.5");

/** The same address in one of the forms in which it may be written (RFC 4291). */
function write(groups: readonly number[], form: Form): string {
  const parts = groups.map((one) => {
    const hex = one.toString(16).padStart(form.padded ? 4 : 1, "0");
    return form.upper ? hex.toUpperCase() : hex;
  });
  if (form.dotted) {
    const [high = 0, low = 0] = groups.slice(6);
    parts.splice(6, 2, [high >> 8, high & 255, low >> 8, low & 255].join("."));
  }
  const run = longestZeros(groups.slice(0, form.dotted ? 6 : 8));
  if (!form.compressed || run.length === 0) return parts.join(":");
  const [left, right] = [parts.slice(0, run.from), parts.slice(run.from + run.length)];
  return `${left.join(":")}::${right.join(":")}`;
}

function longestZeros(groups: readonly number[]): { from: number; length: number } {
  let longest = { from: 0, length: 0 };
  for (const from of groups.keys()) {
    const end = groups.findIndex((one, i) => i >= from && one !== 0);
    const length = (end === -1 ? groups.length : end) - from;
    if (length > longest.length) longest = { from, length };
  }
  return longest;
}

interface Form {
  readonly compressed: boolean;
  readonly dotted: boolean;
  readonly padded: boolean;
  readonly upper: boolean;
}

const form: fc.Arbitrary<Form> = fc.record({
  compressed: fc.boolean(),
  dotted: fc.boolean(),
  padded: fc.boolean(),
  upper: fc.boolean(),
});

const lists = (...lines: string[]) => lines.flatMap((line) => line.split(" "));

describe("an address is counted under", () => {
  it.each([
    ["198.51.100.7", "198.51.100.7"],
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["::FFFF:c633:6407", "198.51.100.7"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:ffff::", "2001:db8:0:0::/64"],
    ["2001:db8:1:2:3:4:198.51.100.7", "2001:db8:1:2::/64"],
    ["2001:db8::1:2:3:198.51.100.7", "2001:db8:0:1::/64"],
    ["2a00:1450:4001:81b::200e%eth0", "2a00:1450:4001:81b::/64"],
    ["3fff:ffff:ffff:ffff::", "3fff:ffff:ffff:ffff::/64"],
  ])("%s → %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each(
    lists(
      "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 127.0.0.1 0.0.0.0 169.254.1.1 100.64.0.1",
      "100.127.255.255 ::ffff:10.0.0.1 ::ffff:7f00:1 :: ::1 fe80::1%eth0 fc00::1 fd12:3456::1",
      "ff02::1 4000::1 64:ff9b::1",
    ),
  )("nothing where it is %s: it stands for many", (address) => {
    expect(networkOf(address)).toBeUndefined();
  });

  it.each(["172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.167.1.1", "11.0.0.1"])(
    "itself where it is %s: a neighbour of those",
    (address) => {
      expect(networkOf(address)).toBe(address);
    },
  );

  it.each(
    lists(
      " unknown localhost 1.2.3 1.2.3.4.5 1.2.3.256 1.2.3.4:80 -1.2.3.4 : ::: 2001 2001:db8",
      "2001:db8::1::2 2001:db8:0:0:0:0:0:0:1 2001:dg8::1 2001:db8::12345 2001:1.2.3.4::1",
      "2001:db8:0:0:0:0:0::1:2 [2001:db8::1] NaN::",
    ),
  )("nothing where it is none: %j", (address) => {
    expect(networkOf(address)).toBeUndefined();
  });

  it("its IPv4 address, however that is written as an IPv6 one", () => {
    fc.assert(
      fc.property(ipv4, form, zone, (address, { dotted, ...rest }, suffix) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
        const groups = [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d];
        const mapped = write(groups, { ...rest, dotted }) + suffix;
        expect(networkOf(mapped)).toBe(networkOf(address));
      }),
      { numRuns: 1000 },
    );
  });

  it("the same 64 bits in every form, whatever the other 64 are", () => {
    const rest = fc.array(group, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        globalGroups,
        rest,
        form,
        form,
        zone,
        ([first, others], host, one, two, suffix) => {
          const groups = [first, ...others];
          const network = `${groups
            .slice(0, 4)
            .map((each) => each.toString(16))
            .join(":")}::/64`;
          expect(networkOf(write(groups, one) + suffix)).toBe(network);
          expect(networkOf(write([...groups.slice(0, 4), ...host], two))).toBe(network);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("another network where any of its first 64 bits differs", () => {
    fc.assert(
      fc.property(globalGroups, fc.nat(3), fc.nat(15), ([first, others], which, bit) => {
        const groups = [first, ...others];
        const changed = groups.with(which, (groups[which] ?? 0) ^ (1 << bit));
        const network = networkOf(groups.map((each) => each.toString(16)).join(":"));
        expect(network).toBeDefined();
        expect(networkOf(changed.map((each) => each.toString(16)).join(":"))).not.toBe(network);
      }),
      { numRuns: 500 },
    );
  });

  it("nothing or what names no more than an address, whatever it is given", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...Array.from("0123abf:.%")) }),
    );
    fc.assert(
      fc.property(text, (address) => {
        const network = networkOf(address);
        if (network !== undefined)
          expect(network).toMatch(/^(?:\d+(?:\.\d+){3}|[23][\da-f]{3}(?::[\da-f]{1,4}){3}::\/64)$/);
      }),
      { numRuns: 5000 },
    );
  });
});
