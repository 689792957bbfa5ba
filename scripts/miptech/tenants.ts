import { wrong, type Options } from "./command-line.ts";
import type { CommandContext, RunCommand } from "./context.ts";
import { tellErasure, type RemoteErasure } from "./erasures.ts";
import { countOf, formatFields, formatTable } from "./output.ts";
import { readSettings, type Patch } from "./settings.ts";

interface RemoteTenant {
  readonly id: string;
  readonly name: string;
  readonly domain: string | null;
  readonly status: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly limits: Readonly<Record<string, number | null>>;
  readonly created_at: string;
}

export const listTenants: RunCommand = async ({ api, output }) => {
  const tenants = await api.listAll<RemoteTenant>("/tenants");
  output.give(tenants);
  const rows = tenants.map(({ id, name, status, settings, domain }) => [
    id,
    name,
    status,
    typeof settings.plan === "string" ? settings.plan : "free",
    domain ?? "",
  ]);
  for (const line of formatTable(["id", "name", "status", "plan", "domain"], rows))
    output.say(line);
  output.say(countOf(tenants.length, "tenant"));
  return true;
};

export const createTenant: RunCommand = async (context) => {
  const { api, output, line } = context;
  const id = operandOf(context);
  const made = await api.call<RemoteTenant>("/tenants", {
    method: "POST",
    json: { id, ...readPatch(context, line.options) },
  });
  output.give(made);
  output.say(`made       ${made.id}`);
  return true;
};

export const showTenant: RunCommand = async (context) => {
  const id = operandOf(context);
  const tenant = await context.apiOf(id).call<RemoteTenant>(pathOf(id));
  context.output.give(tenant);
  tell(context, tenant);
  return true;
};

export const updateTenant: RunCommand = async (context) => {
  const patch = readPatch(context, context.line.options);
  if (Object.keys(patch).length === 0) throw wrong("tenant update: nothing is to be changed");
  return change(context, patch);
};

export const suspendTenant: RunCommand = (context) => change(context, { status: "suspended" });
export const activateTenant: RunCommand = (context) => change(context, { status: "active" });

export const deleteTenant: RunCommand = async (context) => {
  const id = operandOf(context);
  const path = pathOf(id);
  const erasure = await context.apiOf(id).call<RemoteErasure>(path, { method: "DELETE" });
  context.output.give(erasure);
  tellErasure(context, erasure);
  return true;
};

async function change(context: CommandContext, json: object): Promise<boolean> {
  const id = operandOf(context);
  const call = { method: "PATCH", json } as const;
  const tenant = await context.apiOf(id).call<RemoteTenant>(pathOf(id), call);
  context.output.give(tenant);
  tell(context, tenant);
  return true;
}

function operandOf({ line }: CommandContext): string {
  return line.operands[0] ?? "";
}

function pathOf(id: string): string {
  return `/tenants/${encodeURIComponent(id)}`;
}

/** The fields of a tenant that the options name. */
function readPatch({ workingDir }: CommandContext, options: Options): Patch {
  const { name, domain, plan, origin, set = [], unset = [] } = options;
  const settings = {
    ...readSettings(set, unset, workingDir),
    ...(plan === undefined ? {} : { plan }),
    ...(origin === undefined ? {} : { allowed_origins: origin }),
  };
  return {
    ...(name === undefined ? {} : { name }),
    ...(domain === undefined ? {} : { domain: domain === "" ? null : domain }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
}

function tell({ output }: CommandContext, tenant: RemoteTenant): void {
  const { id, name, domain, status, settings, limits, created_at: made } = tenant;
  const fields = { id, name, domain: domain ?? "none", status, made };
  for (const line of formatFields(fields)) output.say(line);
  output.say("");
  output.say("settings");
  for (const line of JSON.stringify(settings, null, 2).split("\n")) output.say(`  ${line}`);
  output.say("limits that count");
  const shown = Object.entries(limits).map(([limit, value]) => [
    limit,
    String(value ?? "the server's"),
  ]);
  for (const line of formatFields(Object.fromEntries(shown))) output.say(`  ${line}`);
}
