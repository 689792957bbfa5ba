import type { Tenant } from "../tenant.ts";
import type { User, UserProfile } from "./user.ts";

/** Signs and checks the token of a visitor, by which a person without an account is known again. */
export interface VisitorTokens {
  issue(tenantId: string, visitorId: string): Promise<string>;
  /** @throws AppError INVALID_TOKEN: forged, expired or another tenant's. */
  verify(tenantId: string, token: string): Promise<VisitorClaims>;
}

/** What a right visitor token says. */
export interface VisitorClaims {
  readonly visitorId: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What vouched for a user whom the tenant's own issuer names: no secret, so that it can be stored. */
export interface IssuerProof {
  /** The registered claim `iss` and audience. */
  readonly issuer: string;
  readonly audience: string;
  /** Of the public key that the token was checked with (RFC 7638, SHA-256). */
  readonly thumbprint: string;
}

/** What a right user token says. */
export type UserClaims = {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
} & (
  | {
      readonly issuer: "platform";
      readonly userId: string;
      /** The key that asked for it: the token is good only as long as that one is. */
      readonly keyId: string | null;
      /** When the person was first vouched for, in milliseconds; refreshing doesn't change it. */
      readonly authenticatedAt: number;
    }
  | {
      readonly issuer: "tenant";
      readonly externalId: string;
      readonly profile: UserProfile;
      /** When the issuer made the token, in milliseconds. */
      readonly issuedAt: number;
      readonly proof: IssuerProof;
    }
);

export interface UserTokenDraft {
  readonly user: Pick<User, "id" | "tenantId">;
  readonly keyId: string | null;
  readonly authenticatedAt: number;
  readonly ttlMs: number;
}

/** JSON Web Tokens that name a user: ours, or those of the tenant's own issuer. */
export interface UserTokens {
  issue(draft: UserTokenDraft): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /**
   * @throws AppError INVALID_TOKEN: forged, expired, another tenant's, or of an issuer that this tenant has not
   *   registered; SERVICE_UNAVAILABLE: the tenant's JWKS can't be fetched.
   */
  verify(tenant: Tenant, token: string): Promise<UserClaims>;
  /**
   * Whether the tenant still registers the issuer and the key that vouched for a user. Asked for each frame of an open
   * connection, so it is told from what is known of the tenant's JWKS; that is fetched only where nothing is known, or
   * the key isn't in it, and that seldom.
   * @throws AppError SERVICE_UNAVAILABLE: nobody can tell, since the JWKS can't be fetched and hasn't been for a day.
   */
  isStillGood(tenant: Tenant, proof: IssuerProof): Promise<boolean>;
}

/** Whose connection a ticket opens: the proofs that were shown for it. */
export interface TicketHolder {
  readonly visitorId: string | null;
  readonly userId: string | null;
  /** Of the key that was shown. */
  readonly keyId: string | null;
  /** Of the key that made the user's token. */
  readonly tokenKeyId: string | null;
  /** What of the tenant's issuer vouched for the user; missing in tickets of earlier versions. */
  readonly vouchedBy?: IssuerProof | null;
  /** The origin of the page that asked for it: only that one may use it. Null: no page. */
  readonly origin: string | null;
  /** Of the credentials behind it, in milliseconds; null: they don't expire. */
  readonly credentialsExpireAt: number | null;
}

/** One-time tickets for opening a WebSocket, known to all processes. */
export interface TicketStore {
  /** @param hash of the ticket, as Secrets.hash gives it. */
  addTicket(tenantId: string, hash: string, holder: TicketHolder, expiresAt: Date): Promise<void>;
  /** Gives a ticket away once; undefined when there is none, it was taken, or has expired by `now`. */
  takeTicket(tenantId: string, hash: string, now: Date): Promise<TicketHolder | undefined>;
}

/** Random secrets, and what is stored of them. */
export interface Secrets {
  /** `prefix` and 256 random bits as 43 characters of base64url. */
  make(prefix: "pk_" | "sk_" | "tkt_"): string;
  /** SHA-256 in hex: enough for what is random, where a password would need a slow one. */
  hash(secret: string): string;
}

/** Whether a caller who shows this token is the platform's admin; compared in constant time. */
export type AdminCheck = (token: string | undefined) => boolean;
