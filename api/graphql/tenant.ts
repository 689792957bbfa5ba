import type {
  Tenant as TenantShape,
  TenantLimits as LimitsShape,
  TenantSettings,
} from "../core/tenant.ts";
import { builder } from "./builder.ts";

const Features = builder.objectRef<TenantSettings["features"]>("TenantFeatures").implement({
  description: "What is switched on for a tenant.",
  fields: (t) => ({
    chat: t.exposeBoolean("chat", { description: "Whether questions are answered at all." }),
    rag: t.exposeBoolean("rag", { description: "Whether answers draw on the documents." }),
    analytics: t.exposeBoolean("analytics", { description: "Whether turns leave their usage." }),
  }),
});

// Float, since people write numbers beyond the 32 bits of Int for "no limit".
export const TenantLimits = builder.objectRef<LimitsShape>("TenantLimits").implement({
  fields: (t) => ({
    messagesPerDay: t.exposeFloat("messagesPerDay", { description: "User messages in a UTC day." }),
    messagesPerMinute: t.exposeFloat("messagesPerMinute", {
      description: "User messages in any 60 seconds.",
    }),
    concurrentConnections: t.exposeFloat("concurrentConnections"),
    requestsPerMinute: t.exposeFloat("requestsPerMinute", {
      nullable: true,
      description: "Null: the server's default.",
    }),
    documents: t.exposeFloat("documents"),
    documentBytes: t.exposeFloat("documentBytes", {
      description: "Of the documents as they were brought.",
    }),
    personShare: t.exposeInt("personShare", {
      description:
        "How much of the limits of messages, connections and requests one visitor or user may use, in percent.",
    }),
    addressShare: t.exposeInt("addressShare", {
      description: "How much of each of these one address may use, in percent.",
    }),
  }),
});

const Tenant = builder.objectRef<TenantShape>("Tenant").implement({
  description: "A client organisation.",
  fields: (t) => ({
    id: t.exposeID("id"),
    name: t.exposeString("name"),
    plan: t.string({ resolve: ({ settings }) => settings.plan }),
    features: t.field({ type: Features, resolve: ({ settings }) => settings.features }),
    branding: t.field({
      type: "JSON",
      description: "Strings for the element, by name.",
      resolve: ({ settings }) => settings.branding,
    }),
    limits: t.field({ type: TenantLimits, resolve: ({ settings }) => settings.limits }),
  }),
});

builder.queryField("tenant", (t) =>
  t.field({
    type: Tenant,
    description: "The tenant that this request is for.",
    resolve: (_root, _args, { caller }) => caller.tenant,
  }),
);
