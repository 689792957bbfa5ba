import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "../../api/core/public-address.ts";

describe("of the public internet", () => {
  it.each([
    "1.1.1.1",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2A00:1450:4001:0800:0000:0000:0000:200E",
    "2001:200::1",
    "::ffff:1.1.1.1",
    "::FFFF:0101:0101",
    "64:ff9b::1.1.1.1",
    "2002:101:101::1",
  ])("is %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe("not of it", () => {
  const inner = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
  ];
  const hex = (address: string) =>
    Buffer.from(address.split(".").map(Number))
      .toString("hex")
      .replace(/(....)/, "$1:");

  it.each(inner)("is %s, in any form", (address) => {
    expect(isPublicAddress(address)).toBe(false);
    expect(isPublicAddress(`::ffff:${address}`)).toBe(false);
    expect(isPublicAddress(`::ffff:${hex(address)}`)).toBe(false);
    expect(isPublicAddress(`0:0:0:0:0:FFFF:${hex(address)}`)).toBe(false);
    expect(isPublicAddress(`64:ff9b::${address}`)).toBe(false);
    expect(isPublicAddress(`2002:${hex(address)}::1`)).toBe(false);
    expect(isPublicAddress(`::${address}`)).toBe(false);
    expect(isPublicAddress(`::ffff:0:${address}`)).toBe(false);
  });

  it.each([
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::1.1.1.1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "64:ff9b:1::1.1.1.1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
  ])("is %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    "",
    " ",
    "localhost",
    "example.com",
    "1.1.1",
    "1.1.1.1.1",
    "1.1.1.256",
    "01.1.1.1",
    "0x1.1.1.1",
    "16843009",
    "1.1.1.1 ",
    "1.1.1.1\n",
    "[2606:4700::1]",
    "2606:4700:::1",
    "2606::4700::1",
    "2606:4700:0:0:0:0:0",
    "2606:4700:0:0:0:0:0:0:1",
    "2606:4700:0:0:0:0:0:0::",
    "2606:47000::1",
    "2606:g::1",
    "2606:4700::1%1",
    ":2606::1",
    "2606:1.1.1.1::1",
    "2606::1.1.1",
  ])("is %j, which is no address", (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });
});

it("agrees with Node on which addresses are of which block", () => {
  const blocks = new BlockList();
  for (const [address, length] of [
    ["2001::", 23],
    ["2001:db8::", 32],
    ["3fff::", 20],
  ] as const)
    blocks.addSubnet(address, length, "ipv6");
  const unicast = new BlockList();
  unicast.addSubnet("2000::", 3, "ipv6");
  const group = fc.oneof(
    fc.constantFrom("0", "2001", "db8", "3fff", "2606", "1ff", "200", "fff"),
    fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16)),
  );
  const address = fc.oneof(
    fc.ipV6(),
    fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(":")),
    fc.array(group, { minLength: 1, maxLength: 6 }).map((groups) => `${groups.join(":")}::1`),
  );
  const forms = /^(?:0*64:0*ff9b:|2002:|[0:]*ffff:|::)/i;
  fc.assert(
    fc.property(address, (text) => {
      fc.pre(!forms.test(text));
      const isExpected = unicast.check(text, "ipv6") && !blocks.check(text, "ipv6");
      expect(isPublicAddress(text)).toBe(isExpected);
    }),
    { numRuns: 2000 },
  );
});
