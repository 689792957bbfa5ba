import type { ApiKey as KeyShape } from "../core/access/api-key.ts";
import { administratorOf } from "../core/admin/administrator.ts";
import {
  createKey,
  listKeys,
  maxGraceSeconds,
  revokeKey,
  rotateKey,
  type MadeKey,
} from "../core/admin/key-admin.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";
import { KeyRole } from "./enums.ts";

const ApiKey = builder.objectRef<KeyShape>("ApiKey").implement({
  description: "What is known of a key; the key itself is told once, when it is made.",
  fields: (t) => ({
    id: t.exposeID("id"),
    role: t.field({ type: KeyRole, resolve: ({ role }) => role }),
    name: t.exposeString("name"),
    prefix: t.exposeString("prefix", { description: "How the key begins." }),
    origins: t.stringList({
      description:
        "Of a publishable key: the only origins it is good from; none: those of its tenant.",
      resolve: ({ origins }) => [...origins],
    }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
    expiresAt: t.field({
      type: "DateTime",
      nullable: true,
      resolve: ({ expiresAt }) => expiresAt,
    }),
    lastUsedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "At most a minute behind.",
      resolve: ({ lastUsedAt }) => lastUsedAt,
    }),
  }),
});

const ApiKeyConnection = builder.connectionObject(
  { type: ApiKey, name: "ApiKeyConnection" },
  { name: "ApiKeyEdge" },
);

builder.queryField("apiKeys", (t) =>
  t.field({
    type: ApiKeyConnection,
    nullable: true,
    description: "Those that are not revoked, newest first. For admins.",
    args: pageArgs,
    complexity: costOfPage,
    async resolve(_root, args, { services, caller }) {
      const [admin, page] = [administratorOf(caller), toPageRequest(args)];
      return toConnection(await listKeys(services.admin, admin, caller.tenant.id, page), args);
    },
  }),
);

const CreateApiKeyInput = builder.inputType("CreateApiKeyInput", {
  fields: (t) => ({
    role: t.field({ type: KeyRole, required: true }),
    name: t.string({ required: true, description: "For people: 1 to 100 characters." }),
    origins: t.stringList({ description: "Of a publishable key: the only ones it is good from." }),
    expiresAt: t.field({ type: "DateTime", description: "Left out: never." }),
  }),
});

const RotateApiKeyInput = builder.inputType("RotateApiKeyInput", {
  fields: (t) => ({
    id: t.id({ required: true }),
    graceSeconds: t.int({
      description: `How long the old key stays good, at most ${maxGraceSeconds}; left out, a day.`,
    }),
  }),
});

const RevokeApiKeyInput = builder.inputType("RevokeApiKeyInput", {
  fields: (t) => ({ id: t.id({ required: true }) }),
});

const madeKey = (name: string) =>
  builder.objectRef<MadeKey>(name).implement({
    fields: (t) => ({
      apiKey: t.field({ type: ApiKey, resolve: ({ key }) => key }),
      key: t.string({
        description: "The key itself, told this once.",
        resolve: ({ secret }) => secret,
      }),
    }),
  });

const RevokeApiKeyPayload = builder
  .objectRef<{ readonly revokedKeyId: string }>("RevokeApiKeyPayload")
  .implement({ fields: (t) => ({ revokedKeyId: t.exposeID("revokedKeyId") }) });

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: madeKey("CreateApiKeyPayload"),
    nullable: true,
    complexity: 10,
    description: "Makes a key, which is told this once. For admins.",
    args: { input: t.arg({ type: CreateApiKeyInput, required: true }) },
    resolve(_root, { input }, { services, caller }) {
      const draft = { ...input, origins: input.origins ?? [] };
      return createKey(services.admin, administratorOf(caller), caller.tenant.id, draft);
    },
  }),
  rotateApiKey: t.field({
    type: madeKey("RotateApiKeyPayload"),
    nullable: true,
    complexity: 10,
    description:
      "Makes a key of the same role, name, origins and lifetime; the old one stays good for the grace time. For admins.",
    args: { input: t.arg({ type: RotateApiKeyInput, required: true }) },
    resolve(_root, { input }, { services, caller }) {
      const [admin, { id, graceSeconds }] = [administratorOf(caller), input];
      return rotateKey(services.admin, admin, caller.tenant.id, id, graceSeconds ?? undefined);
    },
  }),
  revokeApiKey: t.field({
    type: RevokeApiKeyPayload,
    nullable: true,
    complexity: 10,
    description:
      "Ends a key within a second everywhere, and with it the users' tokens that it made. For admins.",
    args: { input: t.arg({ type: RevokeApiKeyInput, required: true }) },
    async resolve(_root, { input: { id } }, { services, caller }) {
      await revokeKey(services.admin, administratorOf(caller), caller.tenant.id, id);
      return { revokedKeyId: id };
    },
  }),
}));
