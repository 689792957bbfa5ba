import { isPublicAddress } from "../public-address.ts";

/** Which addresses are fetched. */
export interface AddressRules {
  /** Undefined: all. */
  readonly ports: readonly number[] | undefined;
  readonly isAllowed: (ipAddress: string) => boolean;
}

/** Those of the public internet, at the ports of the web. */
export const publicAddresses: AddressRules = { ports: [80, 443], isAllowed: isPublicAddress };

/** UTF-16 units: the address is the document's source. */
export const maxAddressLength = 512;

/**
 * The one form of an address: host in lower case, IP addresses as four decimal numbers, no usual port, no fragment.
 * Undefined for what is none of http or https, has credentials, or is too long.
 */
export function normalizeAddress(text: string, base?: string): string | undefined {
  const url = URL.parse(text.trim(), base);
  if (!url || !isWebUrl(url)) return undefined;
  url.hash = "";
  return url.href.length <= maxAddressLength ? url.href : undefined;
}

/** Of http or https, without credentials. */
export function isWebUrl({ protocol, username, password }: URL): boolean {
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** Whether an address may be fetched, as far as it shows without looking its name up. */
export function isAllowedUrl(url: URL, { ports, isAllowed }: AddressRules): boolean {
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  if (!isWebUrl(url) || (ports && !ports.includes(port))) return false;
  const ipAddress = ipAddressOf(url);
  return ipAddress === undefined || isAllowed(ipAddress);
}

/** The IP address that a URL names in place of a host; URLs have one spelling of it, whatever was typed. */
function ipAddressOf({ hostname }: URL): string | undefined {
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : undefined;
}
