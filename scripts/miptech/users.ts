import type { CommandContext, RunCommand } from "./context.ts";
import { doEach } from "./each.ts";
import { countOf, formatFields, formatTable } from "./output.ts";

interface RemoteUser {
  readonly id: string;
  readonly external_id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly role: string;
  readonly status: string;
  readonly created_at: string;
}

export const listUsers: RunCommand = async ({ api, output }) => {
  const users = await api.listAll<RemoteUser>("/users");
  output.give(users);
  const head = ["id", "external id", "name", "email", "role", "status"];
  const rows = users.map(({ id, external_id: externalId, name, email, role, status }) => [
    id,
    externalId,
    name ?? "",
    email ?? "",
    role,
    status,
  ]);
  for (const line of formatTable(head, rows)) output.say(line);
  output.say(countOf(users.length, "user"));
  return true;
};

export const showUser: RunCommand = async (context) => {
  tell(context, await context.api.call<RemoteUser>(pathOf(context.line.operands[0])));
  return true;
};

export const setUserRole: RunCommand = async (context) => {
  const { api, line } = context;
  const call = { method: "PATCH", json: { role: line.options.role } } as const;
  tell(context, await api.call<RemoteUser>(pathOf(line.operands[0]), call));
  return true;
};

export const blockUsers: RunCommand = (context) => setStatus(context, "blocked", "blocked");
export const unblockUsers: RunCommand = (context) => setStatus(context, "active", "unblocked");

export const deleteUsers: RunCommand = ({ api, line, output }) =>
  doEach(line.operands, "deleted", output, async (id) => {
    await api.call<object>(pathOf(id), { method: "DELETE" });
  });

function setStatus(
  { api, line, output }: CommandContext,
  status: "active" | "blocked",
  done: string,
): Promise<boolean> {
  return doEach(line.operands, done, output, async (id) => {
    await api.call<RemoteUser>(pathOf(id), { method: "PATCH", json: { status } });
  });
}

function pathOf(id = ""): string {
  return `/users/${encodeURIComponent(id)}`;
}

function tell({ output }: CommandContext, user: RemoteUser): void {
  output.give(user);
  const { external_id: external, name, email, created_at: since, ...rest } = user;
  const people = { name: name ?? "unknown", email: email ?? "unknown" };
  const fields = { id: rest.id, "external id": external, ...people };
  const all = { ...fields, role: rest.role, status: rest.status, since };
  for (const line of formatFields(all)) output.say(line);
}
