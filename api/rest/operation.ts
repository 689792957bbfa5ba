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

/** The headers of every operation that has a caller. */
export const callerParameters = [
  tenantParameter,
  headerParameter(
    "X-Visitor-Token",
    "The proof of being a visitor; a bearer token in Authorization will do too",
  ),
  headerParameter(
    "X-Client-ID",
    "One client instance, of its own choice: a label, at most 128 characters",
  ),
];

/** The headers of every operation that only an admin may do. */
export const adminParameters = [
  tenantParameter,
  headerParameter(
    "X-Admin-Token",
    "The server's ADMIN_TOKEN; as a bearer token in Authorization it will do too",
  ),
];

/** The errors of every operation that only an admin may do, and those of this one. */
export function adminErrors(...codes: ErrorCode[]) {
  return callerErrors(...codes, "ADMIN_REQUIRED");
}

/** The errors of every operation that has a caller, and those of this one. */
export function callerErrors(...codes: ErrorCode[]) {
  return errorResponses(
    ...codes,
    "INVALID_TOKEN",
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
