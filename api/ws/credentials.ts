import type { IncomingMessage } from "node:http";
import type { Credentials } from "../core/access/credentials.ts";
import { readPageOrigin, type OwnOrigin, type PageOrigin } from "../core/access/origins.ts";
import { AppError } from "../core/errors.ts";

/** Our subprotocol: selected where a client offers it. Whatever else is offered is never said back. */
export const subprotocol = "miptech.v1";

/** What a client can show of itself at this door. */
export type Proofs = Pick<Credentials, "token" | "apiKey" | "visitorToken" | "ticket">;

/** The ways to show one kind of proof in a handshake. */
export interface ProofForm {
  readonly proof: keyof Proofs;
  readonly parameter: string;
  /** How an offered subprotocol begins. */
  readonly protocol: string;
  /** For programs: a page can't set any. */
  readonly header?: string;
}

export const proofForms: readonly ProofForm[] = [
  { proof: "token", parameter: "token", protocol: "miptech.token.", header: "authorization" },
  { proof: "apiKey", parameter: "api_key", protocol: "miptech.key.", header: "x-api-key" },
  {
    proof: "visitorToken",
    parameter: "visitor_token",
    protocol: "miptech.visitor.",
    header: "x-visitor-token",
  },
  { proof: "ticket", parameter: "ticket", protocol: "miptech.ticket." },
];

/** The parameters of a handshake's address. Never a URL: the error for a wrong one would quote it, and a token with it. */
export function readQuery({ url = "" }: IncomingMessage): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start === -1 ? "" : url.slice(start));
}

/**
 * What a handshake shows in its query, its subprotocols and its headers. An empty one counts as not shown, and so
 * does another scheme of Authorization, which belongs to someone before us.
 * @throws AppError INVALID_REQUEST for two of one kind
 */
export function readProofs(query: URLSearchParams, { headers }: IncomingMessage): Proofs {
  const offered = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  const shown = proofForms.map(({ proof, parameter, protocol, header }) => {
    const given = [
      ...query.getAll(parameter),
      ...(header ? [readHeader(headers, header)] : []),
      ...offered
        .filter((name) => name.startsWith(protocol))
        .map((name) => name.slice(protocol.length)),
    ].filter((text) => text !== "");
    if (given.length > 1) {
      const text = `${parameter}: shown more than once, in the query, as a subprotocol or as a header`;
      throw new AppError("INVALID_REQUEST", text);
    }
    return [proof, given[0]] as const;
  });
  return Object.fromEntries(shown);
}

function readHeader(headers: IncomingMessage["headers"], name: string): string {
  const value = String(headers[name] ?? "").trim();
  return name === "authorization" ? (/^bearer\s+(\S+)$/i.exec(value)?.[1] ?? "") : value;
}

export function isNothing(proofs: Proofs): boolean {
  return Object.values(proofs).every((proof) => proof === undefined);
}

/** The page that a handshake comes from. */
export function readPage(ownOrigin: OwnOrigin, { headers }: IncomingMessage): PageOrigin {
  return readPageOrigin(ownOrigin, headers.host ?? "", (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  });
}
