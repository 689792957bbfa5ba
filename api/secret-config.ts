import type { Secrets } from "./development-secrets.ts";
import type { EnvReader } from "./env-reader.ts";

/** What of the signing of tokens is set besides the secrets. */
export interface SigningConfig {
  /** The secrets before these, while they are changed: what they signed is still taken, and nothing is signed with them. */
  readonly previousSecretKey: string | undefined;
  readonly previousJwtSecretKey: string | undefined;
  /** Whether tenants' keys may be fetched from private addresses, and without TLS. */
  readonly allowPrivateJwks: boolean;
}

export const environments = ["development", "production", "test", "staging"] as const;
export type Environment = (typeof environments)[number];

/** Strangers may reach it. Nothing slows a guess that is right, so secrets have to be too long to be guessed. */
export function isExposed(environment: Environment): boolean {
  return environment === "production" || environment === "staging";
}

/** The least that production and staging take for any secret. */
const minLength = 32;

/** Those that are set; production must set the first two, and may do without an admin. */
export function readGivenSecrets(
  reader: EnvReader,
  environment: Environment,
): { readonly [Name in keyof Secrets]: string | undefined } {
  return {
    secretKey: readSecret(reader, "SECRET_KEY", environment),
    jwtSecretKey: readSecret(reader, "JWT_SECRET_KEY", environment),
    adminToken: readAdminToken(reader, environment),
  };
}

export function readSigning(reader: EnvReader, environment: Environment): SigningConfig {
  const allowPrivateJwks = reader.flag("ALLOW_PRIVATE_JWKS", false);
  if (environment === "production" && allowPrivateJwks) {
    reader.fault(
      "ALLOW_PRIVATE_JWKS=true: ENVIRONMENT=production fetches keys from public addresses alone",
    );
  }
  return {
    previousSecretKey: readOptional(reader, "SECRET_KEY_PREVIOUS", environment),
    previousJwtSecretKey: readOptional(reader, "JWT_SECRET_KEY_PREVIOUS", environment),
    allowPrivateJwks,
  };
}

function readSecret(reader: EnvReader, name: string, environment: Environment): string | undefined {
  if (environment !== "production") return readOptional(reader, name, environment);
  const secret = reader.text(name);
  if (secret === undefined || secret.length < minLength) {
    reader.fault(
      `${name}: ENVIRONMENT=production needs a secret of at least ${minLength} characters`,
    );
  }
  return secret;
}

function readOptional(
  reader: EnvReader,
  name: string,
  environment: Environment,
): string | undefined {
  const secret = reader.text(name);
  if (isExposed(environment) && secret !== undefined && secret.length < minLength) {
    reader.fault(
      `${name}: ENVIRONMENT=${environment} needs at least ${minLength} characters, or none at all`,
    );
  }
  return secret;
}

function readAdminToken(reader: EnvReader, environment: Environment): string | undefined {
  const token = readOptional(reader, "ADMIN_TOKEN", environment);
  // It comes in a header.
  if (token && !/^[!-~]+$/.test(token)) {
    reader.fault("ADMIN_TOKEN: letters, digits and signs of ASCII without spaces are expected");
  }
  return token;
}
