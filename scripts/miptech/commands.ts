/** What there is to do: the noun and the verb, what follows them, and which options they take. */
export interface Command {
  /** Of what follows, for people, such as `KEY_ID`; a trailing `…` takes several. Undefined: nothing follows. */
  readonly operands?: string;
  readonly about: string;
  /** A flag that stands in the place of what follows. */
  readonly insteadOfOperands?: OptionName;
  /** Whether `--tenant` must be given, may be, or has no sense. */
  readonly tenant: "needed" | "possible" | "none";
  readonly options?: readonly OptionName[];
  /** Those of the options that must be given. */
  readonly needs?: readonly OptionName[];
}

/** Every option that only some commands take, as node:util's parseArgs wants them. */
export const ownOptions = {
  prefix: { type: "string" },
  prune: { type: "boolean" },
  name: { type: "string" },
  domain: { type: "string" },
  plan: { type: "string" },
  origin: { type: "string", multiple: true },
  set: { type: "string", multiple: true },
  unset: { type: "string", multiple: true },
  role: { type: "string" },
  expires: { type: "string" },
  grace: { type: "string" },
  quiet: { type: "boolean" },
  from: { type: "string" },
  to: { type: "string" },
  limit: { type: "string" },
  sitemap: { type: "boolean" },
  every: { type: "string" },
  keep: { type: "boolean" },
  all: { type: "boolean" },
} as const;

export type OptionName = keyof typeof ownOptions;

const needed = { tenant: "needed" } as const;
const none = { tenant: "none" } as const;

/** In the order of the help. */
export const commands = {
  "documents add": {
    ...needed,
    operands: "PATH…",
    about: "uploads files, and those of folders and all folders in them",
    options: ["prefix", "prune"],
  },
  "documents list": { ...needed, about: "prints the documents: id, bytes, source and title" },
  "documents status": {
    ...needed,
    operands: "SOURCE_OR_ID…",
    about: "prints what becomes of documents: state, percent, fault",
  },
  "documents retry": {
    ...needed,
    operands: "SOURCE_OR_ID…",
    about: "reads documents once more, as after a service that was away",
    options: ["all", "limit"],
    insteadOfOperands: "all",
  },
  "documents search": {
    ...needed,
    operands: "QUESTION",
    about: "prints the passages that a question finds, with their scores and why",
    options: ["limit"],
  },
  "documents delete": { ...needed, operands: "SOURCE_OR_ID…", about: "deletes documents" },
  "source add": {
    ...needed,
    operands: "URL",
    about: "reads a page, or the pages of a sitemap, from the web",
    options: ["sitemap", "every"],
  },
  "source list": { ...needed, about: "prints what is read from the web, and how far it is" },
  "source refresh": { ...needed, operands: "ID_OR_URL…", about: "reads it again now" },
  "source delete": {
    ...needed,
    operands: "ID_OR_URL…",
    about: "reads it no more, and deletes its documents",
    options: ["keep"],
  },
  "tenant list": { ...none, about: "prints all tenants" },
  "tenant create": {
    ...none,
    operands: "TENANT_ID",
    about: "makes a tenant, which works at once",
    options: ["name", "domain", "plan", "origin", "set"],
  },
  "tenant show": { ...none, operands: "TENANT_ID", about: "prints a tenant with its settings" },
  "tenant update": {
    ...none,
    operands: "TENANT_ID",
    about: "changes a tenant and its settings",
    options: ["name", "domain", "plan", "set", "unset"],
  },
  "tenant suspend": {
    ...none,
    operands: "TENANT_ID",
    about: "refuses it at every door; its open connections end",
  },
  "tenant activate": { ...none, operands: "TENANT_ID", about: "serves it again" },
  "tenant delete": {
    ...none,
    operands: "TENANT_ID",
    about: "shuts it at every door and erases all that it has",
  },
  "key list": { ...needed, about: "prints the keys that are not revoked" },
  "key create": {
    ...needed,
    about: "makes a key and prints it, this once",
    options: ["role", "name", "origin", "expires", "quiet"],
    needs: ["role", "name"],
  },
  "key rotate": {
    ...needed,
    operands: "KEY_ID",
    about: "makes a key like it; the old one ends after --grace",
    options: ["grace", "quiet"],
  },
  "key revoke": { ...needed, operands: "KEY_ID…", about: "ends keys, and the tokens they made" },
  "origin list": { ...needed, about: "prints the origins whose pages may call" },
  "origin add": { ...needed, operands: "ORIGIN…", about: "lets pages of these origins call" },
  "origin remove": { ...needed, operands: "ORIGIN…", about: "lets them call no more" },
  "user list": { ...needed, about: "prints the users" },
  "user show": { ...needed, operands: "USER_ID", about: "prints a user" },
  "user block": { ...needed, operands: "USER_ID…", about: "refuses users at every door" },
  "user unblock": { ...needed, operands: "USER_ID…", about: "lets them in again" },
  "user delete": {
    ...needed,
    operands: "USER_ID…",
    about: "refuses users from now on and erases them with their chats",
  },
  "user role": {
    ...needed,
    operands: "USER_ID",
    about: "makes a user an admin of the tenant, or a member again",
    options: ["role"],
    needs: ["role"],
  },
  usage: { ...needed, about: "prints what the tenant has used, by day", options: ["from", "to"] },
  "unanswered list": {
    ...needed,
    about: "prints the questions that the documents didn't answer, newest first",
    options: ["limit"],
  },
  "unanswered handle": {
    ...needed,
    operands: "MESSAGE_ID…",
    about: "marks unanswered questions as dealt with",
  },
  "erasure list": {
    tenant: "possible",
    about: "prints the receipts of what was deleted, newest first; without --tenant of all tenants",
    options: ["limit"],
  },
  "erasure show": { tenant: "possible", operands: "RECEIPT_ID", about: "prints a receipt" },
  "erasure check": {
    tenant: "possible",
    operands: "RECEIPT_ID",
    about: "looks again for what was deleted; fails where something is left",
  },
  audit: {
    tenant: "possible",
    about: "prints what admins have done, newest first; without --tenant to all of them",
    options: ["limit"],
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof commands;

export function findCommand(name: string): Command | undefined {
  const known = Object.entries<Command>(commands).find(([one]) => one === name);
  return known?.[1];
}

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
