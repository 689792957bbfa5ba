import { createRoute, z } from "@hono/zod-openapi";
import { findDocument } from "../core/documents/documents.ts";
import { followDocument, isOver } from "../core/documents/follow-document.ts";
import { toAppError } from "../core/errors.ts";
import { reconnectFrame } from "../core/restart.ts";
import { requireEventStream } from "./accept.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { createEventStream, encodeBlock } from "./event-stream.ts";
import { adminAccess, adminErrors } from "./operation.ts";
import { openStreamAccess } from "./stream-access.ts";
import { encodeError, streamHeaders } from "./turn-stream.ts";
import { wireDocument } from "./wire.ts";

const description = `Server-sent events \`document_updated\`, each with the document as it is by then: at once, and at each step
while it is read. The last one says \`complete\` or \`failed\`; then the stream ends, as it does when the document is
deleted. When the server restarts, a \`reconnect\` event ends it: come back.`;

/** GET /admin/documents/{document_id}/events */
export function addDocumentEvents(rest: Rest, deps: RestDeps): void {
  const { documents, ingestion, reader, logger, stopping } = deps;
  const follow = createRoute({
    method: "get",
    path: `${deps.apiPrefix}/admin/documents/{document_id}/events` as const,
    tags: ["admin"],
    ...adminAccess,
    summary: "Follow how a document is read",
    description,
    request: { params: z.object({ document_id: z.string() }) },
    responses: {
      200: {
        description: "The events",
        content: {
          "text/event-stream": {
            schema: z.string().openapi({
              description:
                "Each event's `data` is a frame, whose `data` is the document as lists show it",
              example:
                'event: document_updated\ndata: {"type":"document_updated","data":{"id":"doc_7wns…",…}}\n\n',
            }),
          },
        },
      },
      ...adminErrors("DOCUMENT_NOT_FOUND", "NOT_ACCEPTABLE", "TOO_MANY_CONNECTIONS"),
    },
  });
  rest.openapi(follow, async (c) => {
    const { tenant } = c.var.caller;
    requireEventStream(c.req.header("accept"));
    const { id } = await findDocument({ documents }, tenant, c.req.valid("param").document_id);
    if (c.req.method === "HEAD") return c.body(null, 200, streamHeaders);
    const access = await openStreamAccess(c, deps);
    const followed = { documents, changes: ingestion.changes, clock: reader.clock };

    async function* produce(left: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
      const signal = AbortSignal.any([left, access.signal, stopping, deps.draining]);
      yield encodeBlock({ retry: "1000" });
      try {
        for await (const document of followDocument(followed, tenant, id, signal)) {
          const frame = { type: "document_updated", data: wireDocument(document) };
          yield encodeBlock({ event: frame.type, data: JSON.stringify(frame) });
          if (isOver(document)) return;
        }
      } catch (cause) {
        const error = toAppError(cause);
        if (error.status >= 500)
          logger.error({ err: cause, tenant_id: tenant.id }, "A stream failed");
        return yield encodeError(error);
      }
      if (left.aborted) return;
      if (access.reason) yield encodeError(access.reason);
      else if (signal.aborted)
        yield encodeBlock({ event: reconnectFrame.type, data: JSON.stringify(reconnectFrame) });
    }

    const { body, ended } = createEventStream({
      produce,
      clock: reader.clock,
      onStuck: () => c.env.cut?.(),
      onFault: (error) => logger.error({ err: error }, "A stream broke off"),
    });
    void ended.then(access.close);
    c.set("streamEnd", ended);
    return c.body(body, 200, streamHeaders);
  });
}
