import { AppError } from "../core/errors.ts";
import { newId } from "../core/ids.ts";

/** What a request or a connection says of its caller. */
export interface Shown {
  readonly tenantId: string | undefined;
  readonly visitorToken: string | undefined;
  readonly adminToken: string | undefined;
  /** Of Authorization: a visitor's token, or the admin's. */
  readonly bearer: string | undefined;
  readonly clientId: string | undefined;
}

const maxClientIdLength = 128;

/** @param header gives a header's value by its name in lower case. @throws AppError INVALID_TOKEN, INVALID_REQUEST */
export function readHeaders(header: (name: string) => string | null | undefined): Shown {
  const read = (name: string) => header(name)?.trim() || undefined;
  const [scheme, token] = read("authorization")?.split(/\s+/) ?? [];
  // Other schemes belong to someone before us.
  const isBearer = scheme?.toLowerCase() === "bearer";
  if (isBearer && !token) {
    throw new AppError("INVALID_TOKEN", "The Authorization header carries no token");
  }
  return {
    tenantId: read("x-tenant-id"),
    visitorToken: read("x-visitor-token"),
    adminToken: read("x-admin-token"),
    bearer: isBearer ? token : undefined,
    clientId: checkClientId(read("x-client-id")),
  };
}

/** The payload of `connection_init`, for a client that can't set headers: what they left out. */
export function readParams(
  params: Readonly<Record<string, unknown>> | undefined,
  shown: Shown,
): Shown {
  const read = (...names: string[]) => {
    const value = names.map((name) => params?.[name]).find((given) => given !== undefined);
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    throw new AppError("INVALID_REQUEST", `connectionParams.${names[0]}: a string is expected`);
  };
  return {
    tenantId: shown.tenantId ?? read("tenantId"),
    visitorToken: shown.visitorToken ?? read("visitorToken", "token"),
    adminToken: shown.adminToken ?? read("adminToken"),
    bearer: shown.bearer,
    clientId: shown.clientId ?? checkClientId(read("clientId")),
  };
}

function checkClientId(clientId: string | undefined): string | undefined {
  if (!clientId || clientId.length <= maxClientIdLength) return clientId;
  const rule = `at most ${maxClientIdLength} characters are expected`;
  throw new AppError("INVALID_REQUEST", `X-Client-ID: ${rule}`);
}

/** An id of the caller's choice for the log, where it is a sane one. */
export function toRequestId(given: string | null | undefined): string {
  return given && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : newId("req");
}
