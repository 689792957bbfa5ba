/**
 * Whether an IP address is one of the public internet: what the server fetches because a tenant says so may be
 * nowhere else. False for what is no address, or names a network interface (`%eth0`).
 * Blocks: IANA's registries of special-purpose IPv4 and IPv6 addresses (RFC 6890). An IPv6 address that stands for
 * an IPv4 one is judged as that one.
 */
export function isPublicAddress(address: string): boolean {
  const ipv4 = parseIPv4(address);
  if (ipv4 !== undefined) return isPublicIPv4(ipv4);
  const ipv6 = parseIPv6(address);
  if (ipv6 === undefined) return false;
  const form = ipv4Forms.find(({ block }) => contains(block, ipv6));
  if (form) return isPublicIPv4((ipv6 >> form.shift) & 0xffff_ffffn);
  return contains(globalUnicast, ipv6) && !specialIPv6.some((block) => contains(block, ipv6));
}

interface Block {
  /** The bits that all addresses of the block begin with. */
  readonly prefix: bigint;
  /** How many bits are behind them. */
  readonly rest: bigint;
}

const specialIPv4 = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8", // loopback
  "168.63.129.16/32", // the host of a virtual machine at Azure
  "169.254.0.0/16", // link-local, clouds' metadata
  "172.16.0.0/12", // private
  "192.0.0.0/24", // IETF protocols
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
].map((text) => readBlock(text, parseIPv4, 32));

/** Outside of it are loopback, link-local, unique local and multicast addresses (RFC 4291). */
const globalUnicast = readBlock("2000::/3", parseIPv6, 128);

const specialIPv6 = [
  "2001::/23", // IETF protocols, Teredo among them
  "2001:db8::/32", // documentation
  "3fff::/20", // documentation
].map((text) => readBlock(text, parseIPv6, 128));

/** Where IPv6 addresses carry an IPv4 address: how many bits are behind it. */
const ipv4Forms = [
  { text: "::ffff:0:0/96", shift: 0n }, // mapped
  { text: "64:ff9b::/96", shift: 0n }, // NAT64
  { text: "2002::/16", shift: 80n }, // 6to4
].map(({ text, shift }) => ({ block: readBlock(text, parseIPv6, 128), shift }));

function isPublicIPv4(address: bigint): boolean {
  return !specialIPv4.some((block) => contains(block, address));
}

function contains({ prefix, rest }: Block, address: bigint): boolean {
  return address >> rest === prefix;
}

function readBlock(
  text: string,
  parse: (address: string) => bigint | undefined,
  bits: number,
): Block {
  const [address = "", length] = text.split("/");
  const rest = BigInt(bits - Number(length));
  return { prefix: (parse(address) ?? 0n) >> rest, rest };
}

/** Four decimal numbers without leading zeros: other spellings mean different things to different programs. */
function parseIPv4(text: string): bigint | undefined {
  const parts = text.split(".");
  const isOne = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part));
  return isOne && parts.every((part) => Number(part) <= 255)
    ? join(parts.map(Number), 8n)
    : undefined;
}

function parseIPv6(text: string): bigint | undefined {
  const [head = "", tail, ...more] = withoutDots(text)?.split("::") ?? [];
  if (more.length > 0) return undefined;
  const left = readGroups(head);
  const right = readGroups(tail ?? "");
  if (!left || !right) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return join([...left, ...Array.from({ length: missing }, () => 0), ...right], 16n);
}

/** The last two groups may be written as an IPv4 address (RFC 4291, 2.2). */
function withoutDots(text: string): string | undefined {
  const tail = /[^:]*\.[^:]*$/.exec(text)?.[0];
  if (tail === undefined) return text;
  const ipv4 = parseIPv4(tail);
  if (ipv4 === undefined) return undefined;
  return `${text.slice(0, -tail.length)}${(ipv4 >> 16n).toString(16)}:${(ipv4 & 0xffffn).toString(16)}`;
}

function readGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  return groups.every((group) => /^[\da-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : undefined;
}

function join(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((whole, part) => (whole << bits) | BigInt(part), 0n);
}
