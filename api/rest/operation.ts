import { z } from "@hono/zod-openapi";
import type { ErrorCode } from "../core/errors.ts";
import { errorResponses } from "./errors.ts";

/** What the descriptions of operations have in common. */

const headerParameter = (name: string, description: string) =>
  ({ name, in: "header", required: false, description, schema: { type: "string" } }) as const;

const tenantParameter = headerParameter(
  "X-Tenant-ID",
  "The tenant; left out, the server's default tenant",
);

const clientParameter = headerParameter(
  "X-Client-ID",
  "One client instance, of its own choice: a label, at most 128 characters",
);

/** How callers prove who they are; whatever is shown must be right. */
export const securitySchemes = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description: "A user's token, a visitor's, an API key or the admin token",
  },
  apiKey: {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description: "`pk_…` in pages, `sk_…` on servers; beside a user's token, too",
  },
  visitorToken: {
    type: "apiKey",
    in: "header",
    name: "X-Visitor-Token",
    description: "The proof of being a visitor, given when they made their first chat",
  },
  adminToken: {
    type: "apiKey",
    in: "header",
    name: "X-Admin-Token",
    description: "The server's ADMIN_TOKEN",
  },
} as const;

type Security = Partial<Record<keyof typeof securitySchemes, string[]>>[];

/** Of operations without a caller. */
export const noSecurity: Security = [];
const anyProof: Security = [
  { bearer: [] },
  { apiKey: [] },
  { visitorToken: [] },
  { adminToken: [] },
];

/** What every operation that has a caller takes; a tenant may ask for a key or a token, else none is needed. */
export const callerAccess = {
  parameters: [tenantParameter, clientParameter],
  security: [{}, ...anyProof] satisfies Security,
};

/** What every operation takes that only an admin may do: a key or a user of the role `admin`, or the platform's. */
export const adminAccess = {
  parameters: [tenantParameter],
  security: [{ bearer: [] }, { apiKey: [] }, { adminToken: [] }] satisfies Security,
};

/** The errors of every operation that only an admin may do, and those of this one. */
export function adminErrors(...codes: ErrorCode[]) {
  return callerErrors(...codes, "ADMIN_REQUIRED", "FORBIDDEN");
}

/** The errors of every operation that has a caller, and those of this one. */
export function callerErrors(...codes: ErrorCode[]) {
  return errorResponses(
    ...codes,
    "INVALID_TOKEN",
    "TOKEN_REQUIRED",
    "ORIGIN_NOT_ALLOWED",
    "TENANT_NOT_FOUND",
    "RATE_LIMIT_EXCEEDED",
    "SERVICE_UNAVAILABLE",
  );
}

export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { "application/json": { schema } } };
}

export function jsonResponse<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { "application/json": { schema } } };
}

/** What belongs to one caller is kept by no cache. */
export const noStore = { "Cache-Control": "no-store" };

export const eventStreamResponse = {
  content: {
    "text/event-stream": {
      schema: z.string().openapi({
        description:
          "Each event's `data` is a frame as on the raw WebSocket, and its name the frame's type",
        example:
          'id: msg_9c4e…/1-5\nevent: response_chunk\ndata: {"type":"response_chunk","data":{…}}\n\n',
      }),
    },
  },
};
