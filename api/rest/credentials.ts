import type { Credentials } from "../core/access/credentials.ts";
import { readPageOrigin, type PageOrigin } from "../core/access/origins.ts";
import { AppError } from "../core/errors.ts";
import type { HttpContext } from "./env.ts";

const maxClientIdLength = 128;

/** @throws AppError INVALID_REQUEST */
export function readCredentials(c: HttpContext, tenantId: string | undefined): Credentials {
  const header = (name: string) => c.req.header(name)?.trim() || undefined;
  return {
    tenantId,
    token: readBearer(header("authorization")),
    apiKey: header("x-api-key"),
    visitorToken: header("x-visitor-token"),
    adminToken: header("x-admin-token"),
    clientId: checkClientId(header("x-client-id")),
    page: readPage(c),
    address: c.env.address,
  };
}

/** Empty, and so no right one, where there is none behind the scheme; other schemes belong to someone before us. */
function readBearer(authorization: string | undefined): string | undefined {
  const match = /^bearer(?:\s+(.*))?$/i.exec(authorization ?? "");
  return match ? (match[1] ?? "") : undefined;
}

function checkClientId(clientId: string | undefined): string | undefined {
  if (!clientId || clientId.length <= maxClientIdLength) return clientId;
  const text = `X-Client-ID is longer than ${maxClientIdLength} characters`;
  throw new AppError("INVALID_REQUEST", text);
}

export function readPage(c: HttpContext): PageOrigin {
  return readPageOrigin(c.var.ownOrigin, new URL(c.req.url).host, (name) => c.req.header(name));
}
