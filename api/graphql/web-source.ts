import { administratorOf } from "../core/admin/administrator.ts";
import {
  addWebSource,
  changeWebSource,
  listFaults,
  listWebSources,
  openWebSource,
  refreshWebSource,
  removeWebSource,
} from "../core/admin/web-source-admin.ts";
import type {
  PageCounts,
  WebPageFault,
  WebSource as WebSourceShape,
  WebSourceError as WebSourceErrorShape,
} from "../core/web/web-source.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";
import type { Services } from "./context.ts";

const WebSourceKind = builder.enumType("WebSourceKind", {
  values: { PAGE: { value: "page" }, SITEMAP: { value: "sitemap" } } as const,
});

const WebSourceStatus = builder.enumType("WebSourceStatus", {
  values: {
    QUEUED: { value: "queued" },
    READING: { value: "reading" },
    COMPLETE: { value: "complete" },
    FAILED: {
      value: "failed",
      description: "It was not read, or not all of it; what was read before stays.",
    },
  } as const,
});

const WebSourceError = builder.objectRef<WebSourceErrorShape>("WebSourceError").implement({
  fields: (t) => ({ code: t.exposeString("code"), message: t.exposeString("message") }),
});

const WebPageError = builder.objectRef<WebPageFault>("WebPageError").implement({
  description: "A page that could not be fetched in the last read.",
  fields: (t) => ({
    url: t.exposeString("url"),
    code: t.exposeString("code"),
    message: t.exposeString("message"),
  }),
});

const WebSourcePages = builder.objectRef<PageCounts>("WebSourcePages").implement({
  fields: (t) => ({
    total: t.exposeInt("total"),
    waiting: t.exposeInt("waiting", { description: "Still to be fetched in this read." }),
    failed: t.exposeInt("failed", { description: "Not fetched in the last read." }),
  }),
});

const WebSource = builder.objectRef<WebSourceShape>("WebSource").implement({
  description: "A page, or the pages of a sitemap, that are read from the web as documents.",
  fields: (t) => ({
    id: t.exposeID("id"),
    url: t.exposeString("url"),
    kind: t.field({ type: WebSourceKind, resolve: ({ kind }) => kind }),
    everyHours: t.exposeInt("everyHours", { nullable: true }),
    maxPages: t.exposeInt("maxPages"),
    include: t.stringList({ resolve: ({ include }) => [...include] }),
    exclude: t.stringList({ resolve: ({ exclude }) => [...exclude] }),
    status: t.field({ type: WebSourceStatus, resolve: ({ state }) => state }),
    error: t.field({
      type: WebSourceError,
      nullable: true,
      description: "Of the last read as a whole.",
      resolve: ({ error }) => error,
    }),
    pages: t.field({ type: WebSourcePages, resolve: ({ pages }) => pages }),
    failedPages: t.field({
      type: [WebPageError],
      complexity: 20,
      description: "At most twenty of the pages that could not be fetched in the last read.",
      resolve: ({ id }, _args, { services, caller }) => listFaults(services.web, caller.tenant, id),
    }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
    lastFetchAt: t.field({
      type: "DateTime",
      nullable: true,
      resolve: ({ fetchedAt }) => fetchedAt,
    }),
    nextFetchAt: t.field({
      type: "DateTime",
      nullable: true,
      resolve: ({ nextFetchAt }) => nextFetchAt,
    }),
  }),
});

const WebSourceConnection = builder.connectionObject(
  { type: WebSource, name: "WebSourceConnection" },
  { name: "WebSourceEdge" },
);

builder.queryFields((t) => ({
  webSources: t.field({
    type: WebSourceConnection,
    nullable: true,
    description: "What is read from the web, oldest first. For admins.",
    args: { first: pageArgs.first, after: pageArgs.after },
    complexity: costOfPage,
    async resolve(_root, args, { services, caller }) {
      const [admin, page] = [administratorOf(caller), toPageRequest(args)];
      return toConnection(await listWebSources(services.web, admin, caller.tenant, page), args);
    },
  }),
  webSource: t.field({
    type: WebSource,
    nullable: true,
    description: "For admins.",
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { services, caller }) =>
      openWebSource(services.web, administratorOf(caller), caller.tenant, id),
  }),
}));

const everyHours = {
  description: "It is read again after so many hours; null: it is read once.",
};
const AddWebSourceInput = builder.inputType("AddWebSourceInput", {
  fields: (t) => ({
    url: t.string({ required: true }),
    kind: t.field({ type: WebSourceKind, description: "PAGE when left out." }),
    everyHours: t.int(everyHours),
    maxPages: t.int({ description: "Of a sitemap, the pages that are taken; 500 when left out." }),
    include: t.stringList({ description: "What the paths of its pages begin with." }),
    exclude: t.stringList({ description: "What the paths of pages begin with that aren't taken." }),
  }),
});

const UpdateWebSourceInput = builder.inputType("UpdateWebSourceInput", {
  fields: (t) => ({
    webSourceId: t.id({ required: true }),
    everyHours: t.int(everyHours),
    maxPages: t.int(),
    include: t.stringList(),
    exclude: t.stringList(),
  }),
});

const RefreshWebSourceInput = builder.inputType("RefreshWebSourceInput", {
  fields: (t) => ({ webSourceId: t.id({ required: true }) }),
});

const DeleteWebSourceInput = builder.inputType("DeleteWebSourceInput", {
  fields: (t) => ({
    webSourceId: t.id({ required: true }),
    keepDocuments: t.boolean({ description: "Its documents stay." }),
  }),
});

const payloadOf = (name: string) =>
  builder.objectRef<{ readonly webSource: WebSourceShape }>(name).implement({
    fields: (t) => ({
      webSource: t.field({ type: WebSource, resolve: ({ webSource }) => webSource }),
    }),
  });

const DeleteWebSourcePayload = builder
  .objectRef<{ readonly deletedWebSourceId: string }>("DeleteWebSourcePayload")
  .implement({ fields: (t) => ({ deletedWebSourceId: t.exposeID("deletedWebSourceId") }) });

builder.mutationFields((t) => ({
  addWebSource: t.field({
    type: payloadOf("AddWebSourcePayload"),
    nullable: true,
    complexity: 20,
    description:
      "Takes a page, or the pages of a sitemap, as documents; they are read in the background. For admins.",
    args: { input: t.arg({ type: AddWebSourceInput, required: true }) },
    async resolve(_root, { input: { kind, ...input } }, { services, caller }) {
      const draft = { ...input, kind: kind ?? "page" };
      const admin = administratorOf(caller);
      return { webSource: await addWebSource(depsOf(services), admin, caller.tenant, draft) };
    },
  }),
  updateWebSource: t.field({
    type: payloadOf("UpdateWebSourcePayload"),
    nullable: true,
    complexity: 20,
    description: "What isn't given stays as it is. For admins.",
    args: { input: t.arg({ type: UpdateWebSourceInput, required: true }) },
    async resolve(_root, { input: { webSourceId, ...patch } }, { services, caller }) {
      const [admin, deps] = [administratorOf(caller), depsOf(services)];
      const { tenant } = caller;
      return { webSource: await changeWebSource(deps, admin, tenant, webSourceId, patch) };
    },
  }),
  refreshWebSource: t.field({
    type: payloadOf("RefreshWebSourcePayload"),
    nullable: true,
    complexity: 20,
    description: "Reads it now; where it is being read, once more behind that. For admins.",
    args: { input: t.arg({ type: RefreshWebSourceInput, required: true }) },
    async resolve(_root, { input: { webSourceId } }, { services, caller }) {
      const [admin, deps] = [administratorOf(caller), depsOf(services)];
      return { webSource: await refreshWebSource(deps, admin, caller.tenant, webSourceId) };
    },
  }),
  deleteWebSource: t.field({
    type: DeleteWebSourcePayload,
    nullable: true,
    complexity: 20,
    description:
      "It is read no more; its documents are deleted in the background, unless they are to be kept. For admins.",
    args: { input: t.arg({ type: DeleteWebSourceInput, required: true }) },
    async resolve(_root, { input: { webSourceId, keepDocuments } }, { services, caller }) {
      const [admin, deps] = [administratorOf(caller), depsOf(services)];
      const keeps = keepDocuments ?? false;
      await removeWebSource(deps, admin, caller.tenant, webSourceId, keeps);
      return { deletedWebSourceId: webSourceId };
    },
  }),
}));

function depsOf({ web, admin }: Services) {
  return { ...web, audit: admin.audit, clock: admin.clock };
}
