import { calculateJwkThumbprint, errors, type JWK } from "jose";

/** Names of public keys by what they are made of (RFC 7638, SHA-256), each computed once. */
export interface Thumbprints {
  /** Of a key that has checked a signature. */
  of(key: JWK): Promise<string>;
  includes(keys: readonly JWK[], thumbprint: string): Promise<boolean>;
}

export function createThumbprints(): Thumbprints {
  const known = new WeakMap<JWK, Promise<string>>();

  function of(key: JWK): Promise<string> {
    const thumbprint = known.get(key) ?? calculateJwkThumbprint(key);
    known.set(key, thumbprint);
    return thumbprint;
  }

  return {
    of,
    async includes(keys, thumbprint) {
      const all = await Promise.all(keys.map((key) => of(key).catch(noneOfBroken)));
      return all.includes(thumbprint);
    },
  };
}

/** A registered key may lack what keys of its type are made of; no token was ever checked with it. */
function noneOfBroken(error: unknown): undefined {
  if (error instanceof errors.JOSEError) return undefined;
  throw error;
}
