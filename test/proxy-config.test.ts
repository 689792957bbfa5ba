import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../api/config.ts";

const root = join(import.meta.dirname, "..");
const secrets = { secretKey: "made", jwtSecretKey: "made too", adminToken: "made as well" };

function read(value: string) {
  return readConfig({ TRUSTED_PROXIES: value }, root, () => secrets);
}

function faultsOf(value: string): readonly string[] {
  try {
    read(value);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

const ranges = (value: string) =>
  read(value).trustedProxies.map(({ address, prefix }) => `${address}/${prefix}`);

describe("TRUSTED_PROXIES", () => {
  it("trusts nobody by default", () => {
    expect(ranges("")).toEqual([]);
  });

  it("takes addresses and networks of both kinds", () => {
    expect(ranges("198.51.100.7, 10.1.0.0/16,2001:db8::/32 , 2001:db8::1, ::1/0")).toEqual([
      "198.51.100.7/32",
      "10.1.0.0/16",
      "2001:db8::/32",
      "2001:db8::1/128",
      "::1/0",
    ]);
    expect(ranges('["10.0.0.1", "10.0.0.2"]')).toEqual(["10.0.0.1/32", "10.0.0.2/32"]);
  });

  it("takes the names of this machine and of the private networks", () => {
    expect(ranges("loopback")).toEqual(["127.0.0.0/8", "::1/128"]);
    expect(ranges("Private")).toEqual([
      "10.0.0.0/8",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "fc00::/7",
    ]);
    expect(ranges("loopback,203.0.113.9")).toHaveLength(3);
  });

  it("names every fault at once", () => {
    const wrong = [
      "proxy.example|10.0.0.0/33|2001:db8::/129|10.0.0.0/|10.0.0.0/-1|10.0.0.0/8/8|10.0.0",
      "fe80::1%eth0|::ffff:10.0.0.1|/8|10.0.0.0/8 10.0.0.1|localhost",
    ].flatMap((line) => line.split("|"));
    const faults = faultsOf(["loopback", ...wrong].join(","));
    expect(faults).toHaveLength(wrong.length);
    for (const [i, text] of wrong.entries())
      expect(faults[i]).toContain(`TRUSTED_PROXIES: ${JSON.stringify(text)}: an address`);
    expect(faultsOf("[1]")).toHaveLength(1);
  });

  it("warns where everyone is trusted", () => {
    for (const everyone of ["0.0.0.0/0", "::/0"])
      expect(read(everyone).warnings).toContainEqual(
        expect.stringContaining(`TRUSTED_PROXIES: ${everyone} trusts everyone`),
      );
    expect(read("private").warnings).not.toContainEqual(expect.stringContaining("TRUSTED"));
  });
});
