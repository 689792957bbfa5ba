import { isId } from "../core/ids.ts";

const typesByPrefix = new Map([
  ["chat", "Chat"],
  ["msg", "Message"],
  ["doc", "Document"],
] as const);

export type NodeType = typeof typesByPrefix extends Map<string, infer Type> ? Type : never;

/** The type of the node that an id such as `chat_5m2k…` names; undefined for what is no id of ours. */
export function typeOfId(id: string): NodeType | undefined {
  // What can be no id at all is one of nothing, whatever it begins with.
  if (!isId(id)) return undefined;
  const prefix = id.slice(0, id.indexOf("_"));
  for (const [known, type] of typesByPrefix) if (known === prefix) return type;
  return undefined;
}
