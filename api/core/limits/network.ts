/** The addresses whose first `prefix` bits are those of `address`. */
export interface AddressRange {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/**
 * What an address is counted under: an IPv4 address itself, of an IPv6 address the first 64 bits, which one
 * household or machine has to itself. Undefined for addresses that are not of the public internet: these are of a
 * proxy that isn't named in TRUSTED_PROXIES, or of a test, and stand for many people.
 */
export function networkOf(address: string): string | undefined {
  const plain = address.replace(/%.*$/, "");
  if (!plain.includes(":")) return publicIPv4(plain);
  const groups = readGroups(plain);
  if (!groups) return undefined;
  if (groups.slice(0, 6).join(":") === "0:0:0:0:0:65535") return publicIPv4(dotted(groups));
  const [first = 0] = groups;
  // Global unicast is 2000::/3 (RFC 4291).
  if (first < 0x2000 || first > 0x3fff) return undefined;
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

/** The address as it is, but for RFC 1918, RFC 6598, loopback, link-local and "this network". */
function publicIPv4(address: string): string | undefined {
  const octets = readOctets(address);
  if (!octets) return undefined;
  const [a = 0, b = 0] = octets;
  const isPrivate =
    a === 10 ||
    a === 127 ||
    a === 0 ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b <= 127);
  return isPrivate ? undefined : octets.join(".");
}

function readOctets(address: string): number[] | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return undefined;
  const octets = address.split(".").map(Number);
  return octets.every((octet) => octet <= 255) ? octets : undefined;
}

/** The last 32 bits in the form of an IPv4 address. */
function dotted(groups: readonly number[]): string {
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join(".");
}

/** The eight groups of an IPv6 address in any of its forms; undefined where it is none. */
function readGroups(address: string): number[] | undefined {
  const [head = "", tail, ...rest] = address.split("::");
  const left = readParts(head, tail === undefined);
  const right = readParts(tail ?? "", true);
  if (!left || !right || rest.length > 0) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

/** Groups between colons; at the end of an address the last two may stand there as an IPv4 one. */
function readParts(text: string, isEnd: boolean): number[] | undefined {
  const parts = text === "" ? [] : text.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    const octets = isEnd && i === parts.length - 1 ? readOctets(part) : undefined;
    if (octets) {
      const [a = 0, b = 0, c = 0, d = 0] = octets;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
