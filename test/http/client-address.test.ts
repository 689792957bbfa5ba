import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AddressRange } from "../../api/core/limits/network.ts";
import { createClientAddress } from "../../api/http/client-address.ts";
import { createProxyWarning } from "../../api/http/proxy-warning.ts";
import { createManualClock } from "../support/clock.ts";
import { createRecordingLogger } from "../support/logger.ts";

const trusted: readonly AddressRange[] = [
  { address: "127.0.0.0", prefix: 8, family: "ipv4" },
  { address: "10.0.0.0", prefix: 8, family: "ipv4" },
  { address: "2001:db8:aaaa::", prefix: 48, family: "ipv6" },
];
const addressOf = createClientAddress(trusted);
const peer = "127.0.0.1";

describe("without trusted proxies", () => {
  const believing = createClientAddress([]);

  it("the address is the peer's, whatever X-Forwarded-For says", () => {
    for (const said of [undefined, null, "", "198.51.100.1", "127.0.0.1, 10.0.0.1", ["1.2.3.4"]])
      expect(believing("203.0.113.5", said)).toBe("203.0.113.5");
  });

  it("is in its shortest form, an IPv4 one never in that of IPv6", () => {
    expect(believing("::ffff:203.0.113.5", "")).toBe("203.0.113.5");
    expect(believing("::FFFF:cb00:7105", "")).toBe("203.0.113.5");
    expect(believing("2001:0DB8:0:0:0:0:0:1", "")).toBe("2001:db8::1");
    expect(believing("fe80::1%eth0", "")).toBe("fe80::1");
    expect(believing(undefined, "198.51.100.1")).toBe("");
  });
});

describe("behind trusted proxies", () => {
  it("a peer that is no proxy is itself, whatever it says", () => {
    expect(addressOf("203.0.113.5", "198.51.100.1")).toBe("203.0.113.5");
    expect(addressOf("11.0.0.1", "198.51.100.1")).toBe("11.0.0.1");
    expect(addressOf("2001:db8:aaab::1", "198.51.100.1")).toBe("2001:db8:aaab::1");
    expect(addressOf(undefined, "198.51.100.1")).toBe("");
  });

  it.each([
    ["198.51.100.1", "198.51.100.1"],
    ["198.51.100.1, 10.0.0.9", "198.51.100.1"],
    ["198.51.100.1,10.0.0.9,2001:db8:aaaa::7", "198.51.100.1"],
    ["  198.51.100.1  ,  10.0.0.9  ", "198.51.100.1"],
    ["192.0.2.66, 198.51.100.1, 10.0.0.9", "198.51.100.1"],
    ["127.0.0.1, 10.0.0.1, 198.51.100.1", "198.51.100.1"],
    ["::ffff:198.51.100.1", "198.51.100.1"],
    ["::ffff:c633:6401, ::ffff:10.0.0.9", "198.51.100.1"],
    ["2001:DB8:0::5", "2001:db8::5"],
    ["198.51.100.1:4711", "198.51.100.1"],
    ["[2001:db8::5]:4711, 10.0.0.9:80", "2001:db8::5"],
    ["[2001:db8::5]", "2001:db8::5"],
  ])("of %j it is the rightmost that is no proxy: %s", (said, address) => {
    expect(addressOf(peer, said)).toBe(address);
  });

  it("of proxies alone it is the first of them", () => {
    expect(addressOf(peer, "10.0.0.1, 10.0.0.2")).toBe("10.0.0.1");
    expect(addressOf(peer, "")).toBe(peer);
    expect(addressOf(peer, undefined)).toBe(peer);
  });

  it.each(
    [
      "unknown|_hidden|198.51.100.1, |198.51.100.1, unknown|198.51.100.1,,|localhost|1.2.3|01.2.3.4",
      "1.2.3.4:|1.2.3.4:123456|[2001:db8::5|2001:db8::5]:80|'1.2.3.4'|for=198.51.100.1|1.2.3.4/8",
      "198.51.100.1 10.0.0.1|198.51.100.256|::ffff:1.2.3",
    ].flatMap((line) => line.split("|")),
  )("what is no address ends the walk at the proxy that handed it on: %j", (said) => {
    expect(addressOf("10.0.0.9", said)).toBe("10.0.0.9");
    expect(addressOf(peer, `198.51.100.1, ${said}, 10.0.0.9`)).toBe("10.0.0.9");
  });

  it("headers that came several times are one list", () => {
    expect(addressOf(peer, ["192.0.2.66", "198.51.100.1, 10.0.0.9"])).toBe("198.51.100.1");
  });

  it("looks at twenty entries and no more", () => {
    const proxies = (count: number) => Array.from({ length: count }, (_, n) => `10.0.0.${n}`);
    expect(addressOf(peer, ["198.51.100.1", ...proxies(19)].join(","))).toBe("198.51.100.1");
    expect(addressOf(peer, ["198.51.100.1", ...proxies(20)].join(","))).toBe("10.0.0.0");
    expect(addressOf(peer, "x,".repeat(100_000) + "198.51.100.1")).toBe("198.51.100.1");
  });

  it("what a client writes itself never changes who it is", () => {
    const octet = fc.nat(255);
    const any = fc.oneof(
      fc.string(),
      fc.tuple(octet, octet, octet, octet).map((octets) => octets.join(".")),
      fc.constantFrom("127.0.0.1", "10.0.0.1", "2001:db8:aaaa::1", "::1", "unknown", ""),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 30 }), fc.nat(3), (forged, hops) => {
        const added = ["203.0.113.5", ...Array.from({ length: hops }, (_, n) => `10.0.0.${n}`)];
        expect(addressOf(peer, [...forged, ...added].join(", "))).toBe("203.0.113.5");
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a proxy that nobody has named", () => {
  it("is told of where it is a private peer and speaks of others", () => {
    const peers: string[] = [];
    const noting = createClientAddress(trusted, (peer) => peers.push(peer));
    for (const [peer, said] of [
      ["192.168.0.9", "198.51.100.1"],
      ["::ffff:172.17.0.1", "198.51.100.1, 127.0.0.1"],
      ["fd00::1", ["unknown"]],
      ["192.168.0.9", ""],
      ["192.168.0.9", undefined],
      ["203.0.113.5", "198.51.100.1"],
      ["10.0.0.9", "198.51.100.1"],
      ["127.0.0.1", "192.168.0.9"],
      ["", "198.51.100.1"],
    ] as const)
      noting(peer, typeof said === "object" ? [...said] : said);
    expect(peers).toEqual(["192.168.0.9", "172.17.0.1", "fd00::1"]);
  });

  it("is logged once a minute at most", () => {
    const clock = createManualClock();
    const logger = createRecordingLogger();
    const warn = createProxyWarning(clock, logger);
    for (const after of [0, 1, 59_998]) {
      clock.advance(after);
      warn("172.17.0.1");
    }
    expect(logger.lines).toMatchObject([
      {
        level: "warn",
        fields: { peer: "172.17.0.1" },
        text: expect.stringContaining("TRUSTED_PROXIES"),
      },
    ]);
    clock.advance(1);
    warn("172.17.0.1");
    expect(logger.lines).toHaveLength(2);
  });
});
