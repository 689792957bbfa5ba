import type { Credential } from "../credential.ts";
import type { IdKind, Things } from "../filling/id-kinds.ts";
import type { Marks } from "../marks.ts";
import { randomText } from "../filling/random-id.ts";
import { askInVain, makeChat, makeEmptyChat, type ChatKind, type ChatThings } from "./chats.ts";
import { makeKey, makeUser, makeVisitor } from "./people.ts";
import type { Preparer } from "./preparer.ts";
import { addWebSource, type Tenant } from "./tenant.ts";

/** Gives a trial what of the victim's it is about. */
export interface Supply {
  /** What stands there all the time: for what only reads. */
  standing(chat: ChatKind | undefined): Things;
  /** A new one of each kind that is named: for what changes or deletes it. @throws PrepareError */
  fresh(kinds: readonly IdKind[], chat: ChatKind | undefined): Promise<Things>;
  /** A new chat of that kind with an ended answer. @throws PrepareError */
  chat(kind: ChatKind): Promise<ChatThings>;
}

export function createSupply(preparer: Preparer, victim: Tenant, marks: Marks): Supply {
  const { id, people } = victim;
  const asPlatform = { credential: preparer.platform, tenantId: id };

  function standing(chat: ChatKind | undefined): Things {
    return {
      ...(chat ? victim.chats[chat].things : {}),
      document: victim.document.id,
      source: victim.document.source,
      "web source": victim.webSource,
      tenant: id,
      erasure: victim.erasure,
      user: people.user.id,
      "external user": people.user.externalId,
      "visitor label": people.visitor.id,
      ...secretsOf(people.visitor.credential, people.user.credential, people.server),
    };
  }

  function draftChat(kind: ChatKind) {
    const { owner } = victim.chats[kind];
    const mark = () => marks.mark("owner");
    return { kind, owner, title: mark(), note: mark(), mark: mark() };
  }

  async function chat(kind: ChatKind): Promise<ChatThings> {
    const made = await makeChat(preparer, draftChat(kind));
    marks.learn(made.text, made.chat.owner.name);
    return made.chat;
  }

  /** A chat with an answer costs the time of the answer. */
  async function freshChat(kind: ChatKind, kinds: readonly IdKind[]): Promise<Things> {
    if (kinds.some((one) => ofAnswers.includes(one))) return (await chat(kind)).things;
    const draft = draftChat(kind);
    const made = await makeEmptyChat(preparer, draft);
    marks.learn(made.text, draft.owner.name);
    return { chat: made.get("id") };
  }

  async function freshDocument(): Promise<Things> {
    const source = newSource();
    const text = { source, content: `# ${marks.mark("tenant")}\n\nA text.` };
    const made = await preparer.call(asPlatform, "POST", "/admin/documents", text);
    marks.learn(made.text, people.admin.name);
    return { document: made.get("id"), source };
  }

  async function freshWebSource(): Promise<Things> {
    const made = await addWebSource(preparer, id, marks.mark("admin"));
    marks.learn(made.text, people.admin.name);
    return { "web source": made.get("id") };
  }

  async function freshUser(): Promise<Things> {
    const name = "the victim's new user";
    const made = await makeUser(preparer, people.server, name, "user", marks.mark("admin"));
    marks.learn(made.id, people.admin.name);
    return { user: made.id, "external user": made.externalId };
  }

  async function freshTenant(): Promise<Things> {
    const spare = `${id}-spare-${randomText(8)}`;
    const asNobodys = { credential: preparer.platform, tenantId: undefined };
    await preparer.call(asNobodys, "POST", "/admin/tenants", { id: spare });
    return { "spare tenant": spare };
  }

  async function freshErasure(): Promise<Things> {
    const { user } = await freshUser();
    const deleted = await preparer.call(asPlatform, "DELETE", `/admin/users/${user}`);
    marks.learn(deleted.text, people.admin.name);
    return { erasure: deleted.get("id") };
  }

  async function freshKey(): Promise<Things> {
    const made = await makeKey(preparer, id, "publishable", marks.mark("admin"));
    marks.learn(made.id, people.admin.name);
    marks.keep(made.secret);
    return { key: made.id };
  }

  async function freshVisitor(): Promise<Things> {
    const made = await makeVisitor(preparer, id, "the victim's new visitor");
    marks.learn(made.id, people.admin.name);
    const { secret } = made.credential;
    return secret === undefined ? {} : { "visitor token": secret };
  }

  async function freshUnanswered(): Promise<Things> {
    const draft = draftChat("visitor's chat");
    const made = await askInVain(preparer, draft);
    for (const name of [draft.owner.name, people.admin.name]) marks.learn(made.text, name);
    return { unanswered: made.answer };
  }

  async function freshTicket(): Promise<Things> {
    const asVisitor = { credential: people.visitor.credential, tenantId: id };
    return { ticket: (await preparer.call(asVisitor, "POST", "/auth/ticket")).get("ticket") };
  }

  const makers: Readonly<Partial<Record<IdKind, () => Promise<Things>>>> = {
    document: freshDocument,
    source: freshDocument,
    "web source": freshWebSource,
    user: freshUser,
    "external user": freshUser,
    key: freshKey,
    "spare tenant": freshTenant,
    erasure: freshErasure,
    "visitor token": freshVisitor,
    ticket: freshTicket,
    unanswered: freshUnanswered,
  };

  return {
    standing,
    chat,
    async fresh(kinds, chatKind) {
      const things: Things[] = [standing(chatKind)];
      if (chatKind) things.push(await freshChat(chatKind, kinds));
      for (const kind of kinds) things.push((await makers[kind]?.()) ?? {});
      return Object.assign({}, ...things);
    },
  };
}

/** They are there when something was asked. */
const ofAnswers: readonly IdKind[] = ["question", "answer", "place", "client message id"];

export function newSource(): string {
  return `attack-${randomText(12)}.md`;
}

function secretsOf(visitor: Credential, user: Credential, server: Credential): Things {
  return {
    ...(visitor.secret === undefined ? {} : { "visitor token": visitor.secret }),
    ...(user.secret === undefined ? {} : { "user token": user.secret }),
    ...(server.secret === undefined ? {} : { "API key": server.secret }),
  };
}
