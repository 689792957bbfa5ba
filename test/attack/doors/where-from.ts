import { randomInt } from "node:crypto";

/** Where a request comes from, as far as that can be chosen. */
export interface WhereFrom {
  /** For `node:http`: an address of this machine. */
  readonly options: { readonly localAddress?: string; readonly family?: number };
  /** Believed by a server that trusts us as its proxy. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Another address each time, since a server refuses what comes too often from one: on a server of this machine one of
 * the loopback's own, and what a proxy would tell to any other.
 */
export function chooseAddress(url: string): WhereFrom {
  const number = () => randomInt(1, 255);
  // A network that is for measuring alone (RFC 2544).
  const headers = { "X-Forwarded-For": `198.18.${number()}.${number()}` };
  const { hostname } = new URL(url);
  const isLoopback = hostname === "localhost" || hostname.startsWith("127.");
  // On a Mac the loopback has one address alone.
  if (!isLoopback || process.platform === "darwin") return { options: {}, headers };
  const localAddress = `127.${number()}.${number()}.${number()}`;
  return { options: { localAddress, family: 4 }, headers };
}
