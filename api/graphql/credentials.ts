import type { Credentials } from "../core/access/credentials.ts";
import { AppError } from "../core/errors.ts";

/** What a request or a connection says of its caller. */
export type Shown = Omit<Credentials, "page" | "address">;

const maxClientIdLength = 128;

/** @param header gives a header's value by its name in lower case. @throws AppError INVALID_REQUEST */
export function readHeaders(header: (name: string) => string | null | undefined): Shown {
  const read = (name: string) => header(name)?.trim() || undefined;
  return {
    tenantId: read("x-tenant-id"),
    token: readBearer(read("authorization")),
    apiKey: read("x-api-key"),
    visitorToken: read("x-visitor-token"),
    adminToken: read("x-admin-token"),
    clientId: checkClientId(read("x-client-id")),
  };
}

/** Empty, and so no right one, where there is none behind the scheme; other schemes belong to someone before us. */
function readBearer(authorization: string | undefined): string | undefined {
  const match = /^bearer(?:\s+(.*))?$/i.exec(authorization ?? "");
  return match ? (match[1] ?? "") : undefined;
}

/**
 * The payload of `connection_init`, for a client that can't set headers: what they left out.
 * @throws AppError INVALID_REQUEST
 */
export function readParams(
  params: Readonly<Record<string, unknown>> | undefined,
  shown: Shown,
): Shown {
  const read = (name: string) => {
    const value = params?.[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    throw new AppError("INVALID_REQUEST", `connectionParams.${name}: a string is expected`);
  };
  return {
    tenantId: shown.tenantId ?? read("tenantId"),
    token: shown.token ?? read("token"),
    apiKey: shown.apiKey ?? read("apiKey"),
    visitorToken: shown.visitorToken ?? read("visitorToken"),
    adminToken: shown.adminToken ?? read("adminToken"),
    ticket: read("ticket"),
    clientId: shown.clientId ?? checkClientId(read("clientId")),
  };
}

function checkClientId(clientId: string | undefined): string | undefined {
  if (!clientId || clientId.length <= maxClientIdLength) return clientId;
  const rule = `at most ${maxClientIdLength} characters are expected`;
  throw new AppError("INVALID_REQUEST", `X-Client-ID: ${rule}`);
}
