import { createRoute, z } from "@hono/zod-openapi";
import {
  addWebSource,
  changeWebSource,
  listFaults,
  listWebSources,
  openWebSource,
  refreshWebSource,
  removeWebSource,
} from "../core/admin/web-source-admin.ts";
import {
  maxEveryHours,
  maxMaxPages,
  maxPrefixes,
  maxPrefixLength,
} from "../core/web/read-settings.ts";
import {
  webSourceKinds,
  webSourceStates,
  type WebPageFault,
  type WebSource,
} from "../core/web/web-source.ts";
import { readJsonBody } from "./body.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { pageOf, pageQuery, wirePage } from "./wire.ts";

const prefixes = (description: string) =>
  z.array(z.string().max(maxPrefixLength)).max(maxPrefixes).optional().openapi({ description });

const settingsFields = {
  every_hours: z.number().int().min(1).max(maxEveryHours).nullish().openapi({
    description: "It is read again after so many hours; null, or left out: it is read once",
  }),
  max_pages: z.number().int().min(1).max(maxMaxPages).optional().openapi({
    description: "Of a sitemap, the pages that are taken, in its order; 500 when left out",
  }),
  include: prefixes("Of a sitemap: what the paths of its pages begin with. Empty: all are taken"),
  exclude: prefixes("What the paths of pages begin with that are not taken"),
};

const addSchema = z
  .strictObject({
    url: z.string().openapi({ example: "https://example.com/sitemap.xml" }),
    kind: z.enum(webSourceKinds).default("page"),
    ...settingsFields,
  })
  .openapi("AddWebSource");

const changeSchema = z.strictObject(settingsFields).openapi("ChangeWebSource");

const fault = z.object({ code: z.string(), message: z.string() });

const sourceSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    kind: z.enum(webSourceKinds),
    every_hours: z.number().int().nullable(),
    max_pages: z.number().int(),
    include: z.array(z.string()),
    exclude: z.array(z.string()),
    status: z.enum(webSourceStates).openapi({
      description: "`failed`: it was not read, or not all of it; what was read before stays",
    }),
    error: fault.nullable().openapi({ description: "Of the last read as a whole" }),
    pages: z.object({
      total: z.number().int(),
      waiting: z.number().int().openapi({ description: "Still to be fetched in this read" }),
      failed: z.number().int().openapi({ description: "Not fetched in the last read" }),
    }),
    created_at: z.iso.datetime(),
    last_fetch_at: z.iso.datetime().nullable(),
    next_fetch_at: z.iso.datetime().nullable(),
  })
  .openapi("WebSource");

const sourceWithFaultsSchema = sourceSchema
  .extend({
    failed_pages: z.array(fault.extend({ url: z.string() })).openapi({
      description: "At most twenty of the pages that could not be fetched in the last read",
    }),
  })
  .openapi("WebSourceWithFailedPages");

const common = { tags: ["admin"], ...adminAccess };
const params = z.object({ web_source_id: z.string() });

/** POST and GET /admin/web-sources; GET, PATCH and DELETE /admin/web-sources/{web_source_id}, and POST …/refresh */
export function addAdminWebSources(rest: Rest, { apiPrefix, admin, web }: RestDeps): void {
  const path = `${apiPrefix}/admin/web-sources` as const;
  const one = `${path}/{web_source_id}` as const;
  const deps = { ...web, audit: admin.audit, clock: admin.clock };

  const add = createRoute({
    ...common,
    method: "post",
    path,
    summary: "Take a page, or the pages of a sitemap, as documents",
    description: "They are read in the background, and again every so many hours.",
    middleware: readJsonBody,
    request: { body: jsonBody(addSchema) },
    responses: {
      201: jsonResponse("The web source", sourceSchema),
      ...adminErrors(
        "INVALID_REQUEST",
        "INVALID_JSON",
        "ADDRESS_NOT_ALLOWED",
        "WEB_SOURCE_EXISTS",
        "WEB_SOURCE_LIMIT_REACHED",
      ),
    },
  });
  rest.openapi(add, async (c) => {
    const { administrator, caller } = c.var;
    const { url, kind, ...fields } = c.req.valid("json");
    const draft = { url, kind, ...readFields(fields) };
    const added = await addWebSource(deps, administrator, caller.tenant, draft);
    return c.json(wireSource(added), 201, noStore);
  });

  const list = createRoute({
    ...common,
    method: "get",
    path,
    summary: "List the web sources, oldest first",
    request: { query: pageQuery },
    responses: {
      200: jsonResponse("A page of web sources", pageOf(sourceSchema, "WebSourcePage")),
      ...adminErrors("INVALID_REQUEST", "INVALID_CURSOR"),
    },
  });
  rest.openapi(list, async (c) => {
    const { administrator, caller } = c.var;
    const found = await listWebSources(deps, administrator, caller.tenant, c.req.valid("query"));
    return c.json(wirePage(found, wireSource), 200, noStore);
  });

  const get = createRoute({
    ...common,
    method: "get",
    path: one,
    summary: "Get a web source with the pages that could not be fetched",
    request: { params },
    responses: {
      200: jsonResponse("The web source", sourceWithFaultsSchema),
      ...adminErrors("WEB_SOURCE_NOT_FOUND"),
    },
  });
  rest.openapi(get, async (c) => {
    const { administrator, caller } = c.var;
    const id = c.req.valid("param").web_source_id;
    const source = await openWebSource(deps, administrator, caller.tenant, id);
    const failed: WebPageFault[] = await listFaults(deps, caller.tenant, id);
    return c.json({ ...wireSource(source), failed_pages: failed }, 200, noStore);
  });

  const change = createRoute({
    ...common,
    method: "patch",
    path: one,
    summary: "Change how often it is read, and which pages are taken",
    description: "Which pages are taken counts from the next read on.",
    middleware: readJsonBody,
    request: { params, body: jsonBody(changeSchema) },
    responses: {
      200: jsonResponse("The web source as it is now", sourceSchema),
      ...adminErrors("INVALID_REQUEST", "INVALID_JSON", "WEB_SOURCE_NOT_FOUND"),
    },
  });
  rest.openapi(change, async (c) => {
    const { administrator, caller } = c.var;
    const id = c.req.valid("param").web_source_id;
    const patch = readFields(c.req.valid("json"));
    const changed = await changeWebSource(deps, administrator, caller.tenant, id, patch);
    return c.json(wireSource(changed), 200, noStore);
  });

  const refresh = createRoute({
    ...common,
    method: "post",
    path: `${one}/refresh` as const,
    summary: "Read it again now",
    description: "Where it is being read, once more behind that.",
    request: { params },
    responses: {
      202: jsonResponse("The web source, queued", sourceSchema),
      ...adminErrors("WEB_SOURCE_NOT_FOUND"),
    },
  });
  rest.openapi(refresh, async (c) => {
    const { administrator, caller } = c.var;
    const id = c.req.valid("param").web_source_id;
    const queued = await refreshWebSource(deps, administrator, caller.tenant, id);
    return c.json(wireSource(queued), 202, noStore);
  });

  const keep = z.enum(["true", "false"]).default("false").openapi({
    description: "`true`: its documents stay",
  });
  const remove = createRoute({
    ...common,
    method: "delete",
    path: one,
    summary: "Read it no more, and delete its documents",
    description: "The documents go in the background, within seconds where no other work waits.",
    request: { params, query: z.object({ keep_documents: keep }) },
    responses: {
      204: { description: "It is read no more" },
      ...adminErrors("INVALID_REQUEST", "WEB_SOURCE_NOT_FOUND"),
    },
  });
  rest.openapi(remove, async (c) => {
    const { administrator, caller } = c.var;
    const id = c.req.valid("param").web_source_id;
    const keeps = c.req.valid("query").keep_documents === "true";
    await removeWebSource(deps, administrator, caller.tenant, id, keeps);
    return c.body(null, 204);
  });
}

function readFields(given: z.infer<typeof changeSchema>) {
  const { every_hours: everyHours, max_pages: maxPages, include, exclude } = given;
  return { everyHours, maxPages, include, exclude };
}

function wireSource(source: WebSource): z.infer<typeof sourceSchema> {
  return {
    id: source.id,
    url: source.url,
    kind: source.kind,
    every_hours: source.everyHours,
    max_pages: source.maxPages,
    include: [...source.include],
    exclude: [...source.exclude],
    status: source.state,
    error: source.error,
    pages: source.pages,
    created_at: source.createdAt.toISOString(),
    last_fetch_at: source.fetchedAt?.toISOString() ?? null,
    next_fetch_at: source.nextFetchAt?.toISOString() ?? null,
  };
}
