import { builder } from "./builder.ts";
import "./roots.ts";
import "./scalars.ts";
import "./enums.ts";
import "./tenant.ts";
import "./user.ts";
import "./me.ts";
import "./sign-in.ts";
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
import "./tenant-record.ts";
import "./tenant-mutations.ts";
import "./api-key.ts";
import "./users.ts";
import "./audit-entry.ts";
import "./turn-event.ts";
import "./subscriptions.ts";

/** The schema, from what the files above add to the builder. */
export const schema = builder.toSchema();
