import { administratorOf } from "../core/admin/administrator.ts";
import { listUnanswered, markUnanswered } from "../core/admin/unanswered-admin.ts";
import type { Unanswered as UnansweredShape } from "../core/answering/unanswered.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";
import type { Services } from "./context.ts";

const UnansweredReason = builder.enumType("UnansweredReason", {
  values: {
    NOTHING_FOUND: {
      value: "nothing_found",
      description: "No passage had anything to do with the question.",
    },
    NOT_IN_DOCUMENTS: {
      value: "not_in_documents",
      description: "Passages were found, and the answer cites none of them.",
    },
  } as const,
});

const Unanswered = builder.objectRef<UnansweredShape>("Unanswered").implement({
  description: "A question that the documents didn't answer.",
  fields: (t) => ({
    messageId: t.exposeID("messageId", { description: "The answer." }),
    chatId: t.exposeID("chatId"),
    question: t.exposeString("question"),
    reason: t.field({ type: UnansweredReason, resolve: ({ reason }) => reason }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
    handledAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When it was dealt with.",
      resolve: ({ handledAt }) => handledAt,
    }),
  }),
});

const UnansweredConnection = builder.connectionObject(
  { type: Unanswered, name: "UnansweredConnection" },
  { name: "UnansweredEdge" },
);

builder.queryField("unanswered", (t) =>
  t.field({
    type: UnansweredConnection,
    nullable: true,
    description: "The questions that the documents didn't answer, newest first. For admins.",
    args: {
      first: pageArgs.first,
      after: pageArgs.after,
      handled: t.arg.boolean({ description: "Those that were dealt with, instead of the others." }),
    },
    complexity: costOfPage,
    async resolve(_root, { handled, ...args }, { services, caller }) {
      const [admin, page] = [administratorOf(caller), toPageRequest(args)];
      const deps = depsOf(services);
      return toConnection(
        await listUnanswered(deps, admin, caller.tenant, handled ?? false, page),
        args,
      );
    },
  }),
);

const MarkUnansweredInput = builder.inputType("MarkUnansweredInput", {
  fields: (t) => ({
    messageId: t.id({ required: true }),
    handled: t.boolean({ required: true }),
  }),
});

const MarkUnansweredPayload = builder
  .objectRef<{ readonly unanswered: UnansweredShape }>("MarkUnansweredPayload")
  .implement({
    fields: (t) => ({
      unanswered: t.field({ type: Unanswered, resolve: ({ unanswered }) => unanswered }),
    }),
  });

builder.mutationField("markUnanswered", (t) =>
  t.field({
    type: MarkUnansweredPayload,
    nullable: true,
    complexity: 10,
    description: "Marks an unanswered question as dealt with, or as open again. For admins.",
    args: { input: t.arg({ type: MarkUnansweredInput, required: true }) },
    async resolve(_root, { input: { messageId, handled } }, { services, caller }) {
      const [admin, deps] = [administratorOf(caller), depsOf(services)];
      return { unanswered: await markUnanswered(deps, admin, caller.tenant, messageId, handled) };
    },
  }),
);

function depsOf({ unanswered, admin }: Services) {
  return { unanswered, audit: admin.audit, clock: admin.clock };
}
