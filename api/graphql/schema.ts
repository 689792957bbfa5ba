import { builder } from "./builder.ts";
import "./roots.ts";
import "./scalars.ts";
import "./enums.ts";
import "./tenant.ts";
import "./source.ts";
import "./message.ts";
import "./message-mutations.ts";
import "./send-message.ts";
import "./chat.ts";
import "./chat-messages.ts";
import "./chat-mutations.ts";
import "./node.ts";
import "./document.ts";
import "./document-mutations.ts";
import "./usage.ts";
import "./turn-event.ts";
import "./subscriptions.ts";

/** The schema, from what the files above add to the builder. */
export const schema = builder.toSchema();
