// Visitors in front of the element's client, in a process of their own: Usage: node headless-visitors.ts
// <ElementPlan as JSON>, with an IPC channel
import { holdConversation } from "../../restarts/conversation.ts";
import type { ElementMessage, ElementPlan } from "../../restarts/element-conversations.ts";
import { createHeadlessVisitor } from "./headless-visitor.ts";

const { apiUrl, tenantId, names, answerMs }: ElementPlan = JSON.parse(process.argv[2] ?? "");
const stop = new AbortController();
process.on("message", () => stop.abort()); // there is only one
process.once("disconnect", () => process.exit(1)); // whoever started us is gone

function tell(message: ElementMessage): Promise<unknown> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, resolve));
}

const held = names.map((name) =>
  holdConversation(name, createHeadlessVisitor(apiUrl, tenantId), answerMs, stop.signal),
);
await Promise.all(held.map(({ begun }) => begun));
await tell({ type: "begun" });
const results = await Promise.all(held.map(({ result }) => result));
await tell({ type: "ended", results });
process.removeAllListeners("disconnect");
process.disconnect();
