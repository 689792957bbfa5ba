/** What somebody can show; `none`: nothing at all. */
export type CredentialKind =
  | "none"
  | "visitor"
  | "user"
  | "admin user"
  | "publishable key"
  | "server key"
  | "admin key"
  | "platform";

/** Somebody with what they show of themselves. */
export interface Credential {
  /** Such as `the attacker's server key`. */
  readonly name: string;
  readonly kind: CredentialKind;
  /** Whose it is; undefined: nobody's, or the platform's. */
  readonly tenantId: string | undefined;
  /** The key or the token; undefined for `none`. */
  readonly secret: string | undefined;
}

/** How a door is shown a credential. */
export type Placement =
  /** Nothing is shown. */
  | "nowhere"
  /** `Authorization: Bearer`. */
  | "bearer"
  /** The header of its kind: X-API-Key, X-Visitor-Token. */
  | "header"
  /** `token` of a query or of connectionParams. */
  | "token"
  /** The parameter of its kind there: api_key, visitor_token. */
  | "parameter"
  | "subprotocol"
  | "auth frame"
  /** A one-time ticket that was asked for with it. */
  | "ticket";

/** Who asks, and whom they name. */
export interface Asker {
  readonly credential: Credential;
  /** The tenant that is named; undefined: none. */
  readonly tenantId: string | undefined;
  readonly placement: Placement;
  /** The Origin header of a page; undefined: no page. */
  readonly origin: string | undefined;
}

export const nobody: Credential = {
  name: "nobody",
  kind: "none",
  tenantId: undefined,
  secret: undefined,
};

/** The header, parameter and subprotocol that are of a credential's kind. */
export function formOf({ kind }: Credential): {
  readonly header: string;
  readonly parameter: string;
  readonly param: string;
  readonly protocol: string;
} {
  if (kind === "visitor") {
    const protocol = "miptech.visitor.";
    return {
      header: "X-Visitor-Token",
      parameter: "visitor_token",
      param: "visitorToken",
      protocol,
    };
  }
  if (kind === "user" || kind === "admin user") {
    const protocol = "miptech.token.";
    return { header: "Authorization", parameter: "token", param: "token", protocol };
  }
  if (kind === "platform") {
    const protocol = "miptech.token.";
    return { header: "X-Admin-Token", parameter: "token", param: "adminToken", protocol };
  }
  const protocol = "miptech.key.";
  return { header: "X-API-Key", parameter: "api_key", param: "apiKey", protocol };
}

/** Whether it has a form of its own besides that of any token. */
export function hasOwnForm({ kind }: Credential): boolean {
  return kind !== "none" && kind !== "user" && kind !== "admin user";
}
