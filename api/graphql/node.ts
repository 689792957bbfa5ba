import { AppError } from "../core/errors.ts";
import { builder } from "./builder.ts";
import { maxPageSize } from "./connection.ts";
import type { GraphqlContext } from "./context.ts";
import { openChatOf, openMessageOf } from "./open.ts";
import { typeOfId } from "./type-of-id.ts";

const Node = builder.nodeInterfaceRef();

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    complexity: 2,
    description: "What an id names; null for what isn't there or isn't the caller's.",
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => findNode(context, id),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    complexity: ({ ids }) => ({ field: 2, multiplier: Math.max(1, ids.length) }),
    args: { ids: t.arg.idList({ required: true }) },
    resolve(_root, { ids }, context) {
      if (ids.length > maxPageSize) {
        throw new AppError("INVALID_REQUEST", `ids: at most ${maxPageSize} are looked up at once`);
      }
      return ids.map((id) => findNode(context, id));
    },
  }),
}));

async function findNode(context: GraphqlContext, id: string) {
  try {
    switch (typeOfId(id)) {
      case "Chat":
        return await openChatOf(context, id);
      case "Message":
        return await openMessageOf(context, id);
      case "Document": {
        const { services, caller } = context;
        return caller.admin ? await services.documents.findDocument(caller.tenant, id) : null;
      }
      case undefined:
        return null;
    }
  } catch (error) {
    if (error instanceof AppError && error.status === 404) return null;
    throw error;
  }
}
