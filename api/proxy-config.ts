import { isIP } from "node:net";
import type { AddressRange } from "./core/limits/network.ts";
import type { EnvReader } from "./env-reader.ts";

const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1"],
  // RFC 1918, RFC 4193.
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/** The proxies whose X-Forwarded-For is believed; none unless they are named. */
export function readTrustedProxies(reader: EnvReader): AddressRange[] {
  const entries = reader.list("TRUSTED_PROXIES") ?? [];
  return entries.flatMap((entry) => {
    const ranges = (named[entry.toLowerCase()] ?? [entry]).map(parseRange);
    const known = ranges.filter((range) => range !== undefined);
    if (known.length < ranges.length) {
      const expected = "an address, a network such as 10.0.0.0/8, loopback or private is expected";
      reader.fault(`TRUSTED_PROXIES: ${JSON.stringify(entry)}: ${expected}`);
    }
    if (known.some(({ prefix }) => prefix === 0)) {
      reader.warn(
        `TRUSTED_PROXIES: ${entry} trusts everyone: each client can choose the address it is known by`,
      );
    }
    return known;
  });
}

function parseRange(text: string): AddressRange | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const version = isIP(address);
  // An IPv4 address in the form of an IPv6 one is compared in its own.
  if (version === 0 || rest.length > 0 || /%|^::ffff:.*\./i.test(address)) return undefined;
  const bits = version === 4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return undefined;
  return { address, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}
