import { BlockList, isIP, SocketAddress } from "node:net";
import { networkOf, type AddressRange } from "../core/limits/network.ts";

/**
 * The address that a request comes from: the peer's, and behind trusted proxies the one that they tell of.
 * @param peer the other end of the connection; undefined when that is gone already.
 * @param forwardedFor X-Forwarded-For, to which each proxy appends whom it heard.
 */
export type ClientAddress = (
  peer: string | undefined,
  forwardedFor: string | string[] | null | undefined,
) => string;

/** What is further to the left than this was not written by proxies of ours. */
const maxEntries = 20;

/**
 * Walks from the peer to the left through X-Forwarded-For for as long as it meets proxies that are trusted: the first
 * address that isn't is the client's. What stands left of it anyone may have written. An entry that is no address
 * ends the walk at the proxy that handed it on.
 * @param onUnnamedProxy told of a private peer that tells of others and isn't trusted.
 */
export function createClientAddress(
  trustedProxies: readonly AddressRange[],
  onUnnamedProxy: (peer: string) => void = () => undefined,
): ClientAddress {
  const trusted = new BlockList();
  for (const { address, prefix, family } of trustedProxies)
    trusted.addSubnet(address, prefix, family);
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

  return (peer = "", forwardedFor) => {
    let address = normalise(peer) ?? peer;
    if (!forwardedFor) return address;
    if (!isTrusted(address)) {
      if (isIP(address) !== 0 && networkOf(address) === undefined) onUnnamedProxy(address);
      return address;
    }
    const entries = (typeof forwardedFor === "string" ? forwardedFor : forwardedFor.join(","))
      .split(",")
      .slice(-maxEntries);
    for (const entry of entries.toReversed()) {
      const next = normalise(withoutPort(entry.trim()));
      if (next === undefined) return address;
      address = next;
      if (!isTrusted(address)) return address;
    }
    return address;
  };
}

/** Some proxies write `192.0.2.1:443` and `[2001:db8::1]:443`. */
function withoutPort(entry: string): string {
  return (
    /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry)?.[1] ?? entry.replace(/^([\d.]+):\d{1,5}$/, "$1")
  );
}

/** In the shortest form, without a zone; an IPv4 address in its own form, also where it comes as an IPv6 one. */
function normalise(address: string): string | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  if (version === 4) return address;
  const shortest = new SocketAddress({ address, family: "ipv6" }).address;
  const mapped = /^::ffff:([\d.]+)$/.exec(shortest)?.[1];
  return mapped ?? shortest;
}
