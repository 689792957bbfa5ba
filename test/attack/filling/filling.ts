import type { Input, Operation } from "../surface/operation.ts";
import { messageKinds, nodeKinds, type IdKind } from "./id-kinds.ts";

/** `address`: of a host that nobody has (RFC 2606). */
export type TextKind = "short" | "question" | "email" | "address";

/** What an input is given. */
export type Filling =
  /** An id: of any of these kinds, one after another. */
  | { readonly ids: readonly IdKind[] }
  /** A value that names nothing. */
  | { readonly value: unknown }
  /** A text of the trial's own. */
  | { readonly text: TextKind }
  /** What only the platform's admin may say: left out, and said in a trial of its own. */
  | { readonly platformValue: unknown }
  /** What is settled elsewhere. */
  | "left out";

const id = (...ids: IdKind[]): Filling => ({ ids });
const value = (given: unknown): Filling => ({ value: given });
const day = (daysAgo: number) =>
  new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);

/** The origins that both tenants have from the start, so that setting them changes nothing. */
export const attackOrigins = ["https://victim.attack.example", "https://attacker.attack.example"];

/** By the operation and the path of its input, where the name alone would mislead. */
const byPlace: Readonly<Record<string, Filling>> = {
  "POST /admin/documents query.source": "left out",
  "POST /admin/documents query.title": "left out",
  "POST /admin/documents query.url": "left out",
  "POST /admin/documents body.content_base64": "left out",
  "Mutation.putDocument input.contentBase64": "left out",
  "POST /admin/tenants body.id": { text: "short" },
  "POST /admin/tenants body.status": value("suspended"),
  "Mutation.createTenant input.id": { text: "short" },
  "Mutation.createTenant input.status": value("SUSPENDED"),
  "POST /chat body.user_id": { text: "short" },
  "Mutation.createChat input.userId": { text: "short" },
  "PATCH /admin/tenants/{tenant_id} body.status": { platformValue: "active" },
  "PATCH /admin/tenants/{tenant_id} body.domain": { platformValue: "victim.attack.example" },
  "Mutation.updateTenant input.status": { platformValue: "ACTIVE" },
  "Mutation.updateTenant input.domain": { platformValue: "victim.attack.example" },
  "PATCH /admin/users/{user_id} body.role": value("admin"),
  "PATCH /admin/users/{user_id} body.status": value("blocked"),
  "Mutation.updateUser input.role": value("ADMIN"),
  "Mutation.updateUser input.status": value("BLOCKED"),
  "POST /auth/token body.user.id": id("external user"),
  "Query.chat id": id("chat"),
  "Query.message id": id(...messageKinds),
  "Query.node id": id(...nodeKinds),
  "Query.nodes ids": id(...nodeKinds),
  "Query.user id": id("user"),
  "Query.tenantById id": id("tenant"),
  "PATCH /admin/unanswered/{message_id} path.message_id": id("unanswered"),
  "Mutation.markUnanswered input.messageId": id("unanswered"),
  "Query.webSource id": id("web source"),
  "POST /admin/web-sources body.url": { text: "address" },
  "Mutation.addWebSource input.url": { text: "address" },
  "Mutation.updateUser input.id": id("user"),
  "Mutation.updateTenant input.id": id("tenant"),
  "DELETE /admin/tenants/{tenant_id} path.tenant_id": id("spare tenant"),
  "Mutation.deleteTenant input.tenantId": id("spare tenant"),
  "Query.erasure id": id("erasure"),
  "Mutation.revokeApiKey input.id": id("key"),
  "Mutation.rotateApiKey input.id": id("key"),
  "POST /chat/{chat_id}/messages/{message_id}/edit path.message_id": id("question"),
  "POST /chat/{chat_id}/messages/{message_id}/choose path.message_id": id(...messageKinds),
  "Mutation.editQuestion input.messageId": id("question"),
  "Mutation.chooseBranch input.messageId": id(...messageKinds),
  "frame edit data.message_id": id("question"),
  "frame choose_branch data.message_id": id(...messageKinds),
  "frame subscribe data.after": value("r0"),
  "Subscription.chatUpdated after": value("r0"),
  "frame resume data.cursor": value("1-0"),
  "frame resume data.message_id": id("answer"),
};

/** By the name of the input, in snake case. */
const byName: Readonly<Record<string, Filling>> = {
  "X-Tenant-ID": "left out",
  "X-Client-ID": value("attack"),
  "idempotency-key": id("client message id"),
  "last-event-id": id("place"),
  after: id("cursor"),
  all_tenants: { platformValue: true },
  api_key: id("API key"),
  branches: value("all"),
  changes: value("false"),
  chat_id: id("chat"),
  client_message_id: id("client message id"),
  comment: { text: "short" },
  content: { text: "question" },
  context: value({ from: "attack" }),
  cursor: id("cursor"),
  document_id: id("document"),
  domain: "left out",
  email: { text: "email" },
  erasure_id: id("erasure"),
  every_hours: value(24),
  exclude: value(["/private/"]),
  expires_at: value(new Date(Date.now() + 3_600_000).toISOString()),
  expires_in: value(3600),
  external_id: id("external user"),
  first: value(10),
  from: value(day(1)),
  include: value(["/docs/"]),
  keep_documents: value(false),
  kind: value("page"),
  max_pages: value(10),
  grace_seconds: value(60),
  handled: value(true),
  key_id: id("key"),
  last_event_id: id("place"),
  limit: value(50),
  media_type: value("text/markdown"),
  message: { text: "question" },
  message_id: id("answer"),
  message_type: value("text"),
  name: { text: "short" },
  origins: value(attackOrigins),
  prefer: "left out",
  q: { text: "question" },
  question: { text: "question" },
  rating: value("up"),
  respond_async: value(false),
  role: value("publishable"),
  settings: value({ branding: { greeting: "attack" } }),
  source: id("source"),
  stream: value(false),
  tenant_id: id("tenant"),
  text: { text: "question" },
  ticket: id("ticket"),
  title: { text: "short" },
  to: value(day(0)),
  token: id("user token"),
  url: value("https://attack.example/page"),
  user_id: id("user"),
  visitor_id: id("visitor label"),
  visitor_token: id("visitor token"),
  web_source_id: id("web source"),
};

/** Undefined where nobody has said what that input means: then the operation can't be attacked, and the run fails. */
export function fillingOf(operation: Operation, input: Input): Filling | undefined {
  const placed = byPlace[`${withoutPrefix(operation.name)} ${input.path}`];
  const known = placed ?? byName[nameOf(input)];
  if (known === undefined || known === "left out") return known;
  if (!placed && operation.kind === "stream" && nameOf(input) === "after") return id("place");
  if ("value" in known && input.options) return value(chooseOption(input.options, known.value));
  return known;
}

/** The prefix of the API's paths may be another, and an operation may be there for each media type. */
function withoutPrefix(name: string): string {
  return name.replace(/ \S*?(\/(?:admin|auth|chat)(?:\/|\b))/, " $1").replace(/ \(.*\)$/, "");
}

function nameOf({ path }: Input): string {
  const name = path.split(".").at(-1) ?? "";
  if (path.startsWith("header.")) return name;
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Enums have their own spelling at each door; the first one where none fits. */
function chooseOption(options: readonly string[], wanted: unknown): unknown {
  const text = String(wanted).toLowerCase();
  return options.find((option) => text.endsWith(option.toLowerCase())) ?? options[0];
}
