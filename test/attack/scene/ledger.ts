import type { Asker, Credential } from "../credential.ts";
import { callHttp } from "../doors/http-call.ts";
import { parseLoosely } from "../doors/answer.ts";
import { headersOf } from "../doors/http-headers.ts";
import type { Access } from "../surface/operation.ts";
import { isRecord } from "../surface/operation.ts";
import type { Tenant } from "./tenant.ts";

/** What the owners read of the victim's data, by path. */
export type Ledger = ReadonlyMap<string, string>;

export interface LedgerOptions {
  /** The server that is attacked. */
  readonly url: string;
  readonly apiPrefix: string;
  readonly victim: Tenant;
}

export interface LedgerScope {
  readonly access: Access;
  /** The chat that is attacked, with its owner; `isRunning` where an answer of it is being written. */
  readonly chat:
    | { readonly id: string; readonly owner: Credential; readonly isRunning: boolean }
    | undefined;
}

/** Reads as the owners what those of no business may have changed. */
export async function readLedger(
  { url, apiPrefix, victim }: LedgerOptions,
  { access, chat }: LedgerScope,
): Promise<Ledger> {
  const { visitor, user, admin } = victim.people;
  const paths: [Credential, string][] = [];
  if (chat) {
    paths.push([chat.owner, `/chat/${chat.id}`]);
    if (!chat.isRunning) paths.push([chat.owner, `/chat/${chat.id}/messages`]);
  } else {
    for (const { credential } of [visitor, user]) paths.push([credential, "/chat?limit=100"]);
  }
  if (access !== "person")
    for (const path of ["documents", "keys", "users", "origins", "audit", `tenants/${victim.id}`])
      paths.push([admin, `/admin/${path}`]);
  return readPaths({ url, apiPrefix, victim }, paths);
}

/** The same of what stands there all the time, and nobody is to change. */
export function readStanding(options: LedgerOptions): Promise<Ledger> {
  const { chats, document, people } = options.victim;
  const ofChats = Object.values(chats).flatMap(({ owner, things }): [Credential, string][] => [
    [owner, `/chat/${things.chat}`],
    [owner, `/chat/${things.chat}/messages`],
  ]);
  return readPaths(options, [...ofChats, [people.admin, `/admin/documents/${document.id}`]]);
}

async function readPaths(
  { url, apiPrefix, victim }: LedgerOptions,
  paths: readonly (readonly [Credential, string])[],
): Promise<Ledger> {
  const read = paths.map(async ([credential, path]): Promise<[string, string]> => {
    const asker: Asker = {
      credential,
      tenantId: victim.id,
      placement: "bearer",
      origin: undefined,
    };
    const { status, body } = await callHttp({
      url: `${url}${apiPrefix}${path}`,
      method: "GET",
      headers: headersOf(asker),
      body: undefined,
    });
    // An error says its request's own id.
    const said = status < 400 ? withoutUses(body) : "";
    return [`${path} as ${credential.name}`, `${status} ${said}`];
  });
  return new Map(await Promise.all(read));
}

/** What differs; empty where nothing does. */
export function compareLedgers(before: Ledger, after: Ledger): string[] {
  return [...before].flatMap(([path, text]) => {
    const now = after.get(path);
    return now === text ? [] : [`${path}: ${excerpt(text, now ?? "")}`];
  });
}

/** When a key was used last, and how far a document is read, is written in its own time. */
function withoutUses(body: string): string {
  const value = parseLoosely(body);
  const items = isRecord(value) && Array.isArray(value.items) ? value.items : undefined;
  if (!items) return body;
  const own = { last_used_at: undefined, ingestion: undefined };
  return JSON.stringify(items.map((item) => (isRecord(item) ? { ...item, ...own } : item)));
}

function excerpt(before: string, after: string): string {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  const from = Math.max(0, at - 40);
  return `${before.slice(from, at + 120)} became ${after.slice(from, at + 120)}`;
}
