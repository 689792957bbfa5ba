import { wrong } from "./command-line.ts";
import type { CommandContext, RunCommand } from "./context.ts";
import { doEach } from "./each.ts";
import { countOf, formatFields, formatTable } from "./output.ts";

interface RemoteKey {
  readonly id: string;
  readonly role: string;
  readonly name: string;
  readonly prefix: string;
  readonly origins: readonly string[];
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

interface MadeKey extends RemoteKey {
  /** The key itself, told this once. */
  readonly key: string;
}

export const listKeys: RunCommand = async ({ api, output }) => {
  const keys = await api.listAll<RemoteKey>("/keys");
  output.give(keys);
  const head = ["id", "key", "role", "name", "expires", "last used", "origins"];
  const rows = keys.map((key) => [
    key.id,
    `${key.prefix}…`,
    key.role,
    key.name,
    key.expires_at ?? "never",
    key.last_used_at ?? "never",
    key.origins.join(" "),
  ]);
  for (const line of formatTable(head, rows)) output.say(line);
  output.say(countOf(keys.length, "key"));
  return true;
};

export const createKey: RunCommand = async (context) => {
  const { role, name, origin: origins, expires } = context.line.options;
  const json = {
    role,
    name,
    ...(origins === undefined ? {} : { origins }),
    ...(expires === undefined ? {} : { expires_at: readMoment(expires) }),
  };
  tell(context, await context.api.call<MadeKey>("/keys", { method: "POST", json }));
  return true;
};

export const rotateKey: RunCommand = async (context) => {
  const { line, api } = context;
  const { grace } = line.options;
  if (grace !== undefined && !/^\d{1,9}$/.test(grace)) throw wrong("--grace: seconds are expected");
  const path = `/keys/${encodeURIComponent(line.operands[0] ?? "")}/rotate`;
  const json = grace === undefined ? {} : { grace_seconds: Number(grace) };
  tell(context, await api.call<MadeKey>(path, { method: "POST", json }));
  return true;
};

export const revokeKeys: RunCommand = ({ line, api, output }) =>
  doEach(line.operands, "revoked", output, (id) =>
    api.send(`/keys/${encodeURIComponent(id)}`, { method: "DELETE" }),
  );

/** A day begins at midnight in UTC. */
function readMoment(text: string): string {
  const time = /^\d{4}-\d\d-\d\d(?:T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw wrong("--expires: a day such as 2027-01-31, or a moment, is expected");
  return new Date(time).toISOString();
}

function tell({ line, output, print }: CommandContext, made: MadeKey): void {
  if (line.options.quiet) return print(made.key);
  output.give(made);
  const { id, role, name, origins, expires_at: expires, key } = made;
  const fields = { id, role, name, origins: origins.join(" "), expires: expires ?? "never", key };
  for (const text of formatFields(fields)) output.say(text);
  output.say("Keep the key: it is shown this once.");
}
