import { randomText } from "../filling/random-id.ts";
import type { Credential } from "../credential.ts";
import { attackOrigins } from "../filling/filling.ts";
import { makeChat, type ChatKind, type ChatThings } from "./chats.ts";
import { makePeople, makeUser, type People, type Person } from "./people.ts";
import type { Preparer } from "./preparer.ts";

/** What a page of one of the tenants has as its origin. */
export const victimOrigin = attackOrigins[0];

export type ChatAccess = "visitor" | "link";

/** No limit of these is met by an attack. Answers quote documents: no language model is paid for them. */
function settingsOf(prompt: string): object {
  return {
    chat_access: "visitor",
    allowed_origins: attackOrigins,
    limits: {
      messages_per_day: 10_000_000,
      messages_per_minute: 10_000_000,
      concurrent_connections: 100_000,
      requests_per_minute: 10_000_000,
      person_share: 100,
      address_share: 100,
    },
    budget: { usd_per_day: 0, at_limit: ["extract"] },
    prompt,
  };
}

/** A tenant with data of every kind. */
export interface Tenant {
  readonly id: string;
  readonly people: People;
  readonly chats: Readonly<Record<ChatKind, ChatThings>>;
  /** Of the other visitor, the other user and the admin user, by their names. */
  readonly othersChats: Readonly<Record<string, ChatThings>>;
  readonly document: { readonly id: string; readonly source: string };
  /** The id of one. */
  readonly webSource: string;
  /** The receipt of a user who was deleted. */
  readonly erasure: string;
}

export interface TenantOptions {
  readonly id: string;
  readonly whose: string;
  /** Told as soon as it is there. */
  readonly onMade: (id: string) => void;
  /** A text for each place of the data, by who may see it. */
  readonly mark: (reach: "tenant" | "owner" | "admin") => string;
  /** Told all that somebody was given. */
  readonly onText: (text: string, holder: string) => void;
  /** What the documents are about. */
  readonly documents: readonly { readonly source: string; readonly content: string }[];
}

/** @throws PrepareError */
export async function makeTenant(preparer: Preparer, options: TenantOptions): Promise<Tenant> {
  const { id, mark, onText } = options;
  const settings = settingsOf(`Answer as ${mark("admin")}`);
  const asPlatform = { credential: preparer.platform, tenantId: id };
  const ofNone = { ...asPlatform, tenantId: undefined };
  await preparer.call(ofNone, "POST", "/admin/tenants", { id, name: id, settings });
  options.onMade(id);
  const { whose } = options;
  const nameOf = () => mark("admin");
  const people = await makePeople(preparer, { tenantId: id, whose, nameOf });
  const [document] = await putDocuments(preparer, options);
  if (!document) throw new Error("A tenant needs a document");
  const erasure = await eraseUser(preparer, options, people);
  const webSource = (await addWebSource(preparer, id, mark("admin"))).get("id");
  const tenant = {
    webSource,
    id,
    people,
    document,
    erasure,
    ...(await makeChats(preparer, options, people)),
  };
  await tellWhoTheyAre(preparer, tenant, onText);
  for (const path of [
    "/admin/keys",
    "/admin/users",
    "/admin/documents",
    "/admin/web-sources",
    "/admin/audit",
    "/admin/unanswered",
  ]) {
    const { text } = await preparer.call(asPlatform, "GET", path);
    onText(text, people.admin.name);
  }
  return tenant;
}

/** A rated answer for everybody who can own a chat, and one of nobody's. */
async function makeChats(
  preparer: Preparer,
  { id, mark, onText }: TenantOptions,
  { visitor, otherVisitor, user, otherUser, adminUser, server }: People,
): Promise<Pick<Tenant, "chats" | "othersChats">> {
  async function chatOf(kind: ChatKind, owner: Credential): Promise<ChatThings> {
    const texts = { title: mark("owner"), note: mark("owner"), mark: mark("owner") };
    const made = await makeChat(preparer, { kind, owner, ...texts });
    const { chat, answer } = made.chat.things;
    const path = `/chat/${chat}/messages/${answer}/feedback`;
    const rating = { rating: "up", comment: mark("owner") };
    const rated = await preparer.call({ credential: owner, tenantId: id }, "PUT", path, rating);
    onText(`${made.text}\n${rated.text}`, owner.name);
    return made.chat;
  }

  const others = [otherVisitor, otherUser, adminUser].map(({ credential }) => credential);
  const othersChats: Record<string, ChatThings> = {};
  for (const owner of others) {
    const kind = owner.kind === "visitor" ? "visitor's chat" : "user's chat";
    othersChats[owner.name] = await chatOf(kind, owner);
  }
  return {
    chats: {
      "visitor's chat": await chatOf("visitor's chat", visitor.credential),
      "user's chat": await chatOf("user's chat", user.credential),
      "nobody's chat": await chatOf("nobody's chat", server),
    },
    othersChats,
  };
}

async function putDocuments(
  preparer: Preparer,
  { id, documents }: TenantOptions,
): Promise<{ id: string; source: string }[]> {
  const asPlatform = { credential: preparer.platform, tenantId: id };
  const put: { id: string; source: string }[] = [];
  for (const { source, content } of documents) {
    const made = await preparer.call(asPlatform, "POST", "/admin/documents", { source, content });
    put.push({ id: made.get("id"), source });
  }
  return put;
}

/** Of a host that nobody has (RFC 2606), so that nothing is fetched. */
export function addWebSource(preparer: Preparer, tenantId: string, mark: string) {
  const asPlatform = { credential: preparer.platform, tenantId };
  const url = `https://attack.invalid/${encodeURIComponent(mark)}/${randomText(12)}`;
  return preparer.call(asPlatform, "POST", "/admin/web-sources", { url });
}

/** What `me` tells everybody of themselves is theirs to know. */
async function tellWhoTheyAre(
  preparer: Preparer,
  { id, people }: Tenant,
  onText: TenantOptions["onText"],
): Promise<void> {
  for (const one of Object.values<Person | Credential>({ ...people })) {
    const credential = "credential" in one ? one.credential : one;
    const page: Record<string, string> =
      credential.kind === "publishable key" ? { Origin: victimOrigin ?? "" } : {};
    const asThem = { credential, tenantId: id };
    const { text } = await preparer.call(asThem, "GET", "/auth/me", undefined, page);
    onText(text, credential.name);
  }
}

/** @returns the receipt. */
async function eraseUser(
  preparer: Preparer,
  { id, whose, mark, onText }: TenantOptions,
  { server, admin }: People,
): Promise<string> {
  const name = `${whose} deleted user`;
  const user = await makeUser(preparer, server, name, "user", mark("admin"));
  const asPlatform = { credential: preparer.platform, tenantId: id };
  const deleted = await preparer.call(asPlatform, "DELETE", `/admin/users/${user.id}`);
  onText(deleted.text, admin.name);
  return deleted.get("id");
}

/** With all that it has; the rest of that goes on in the background. @throws PrepareError */
export async function deleteTenant(preparer: Preparer, id: string): Promise<void> {
  const asPlatform = { credential: preparer.platform, tenantId: undefined };
  await preparer.call(asPlatform, "DELETE", `/admin/tenants/${id}`);
}

/** In effect at once where it is asked for, elsewhere within a second. @throws PrepareError */
export async function setChatAccess(
  preparer: Preparer,
  id: string,
  access: ChatAccess,
): Promise<void> {
  const asPlatform = { credential: preparer.platform, tenantId: undefined };
  const settings = { chat_access: access };
  await preparer.call(asPlatform, "PATCH", `/admin/tenants/${id}`, { settings });
}
