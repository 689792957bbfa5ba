import { wrong } from "./command-line.ts";
import type { CommandContext, RunCommand } from "./context.ts";
import { formatFields, formatTable } from "./output.ts";

/** A receipt, as the server tells it. */
export interface RemoteErasure {
  readonly id: string;
  readonly tenant_id: string;
  readonly kind: string;
  readonly subject_id: string;
  readonly requested_at: string;
  readonly finished_at: string | null;
  readonly state: string;
  readonly waits_for: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

interface RemoteCheck {
  readonly checked_at: string;
  readonly result: string;
  readonly leftovers: Readonly<Record<string, number>>;
}

const usualCount = 50;
const mostCount = 1000;

export const listErasures: RunCommand = async ({ api, output, line }) => {
  const { limit } = line.options;
  const count = limit === undefined ? usualCount : /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (count < 1 || count > mostCount) throw wrong(`--limit: 1 to ${mostCount} is expected`);
  const erasures = await api.listAll<RemoteErasure>("/erasures", count);
  output.give(erasures);
  const rows = erasures.map((one) => [
    one.id,
    one.requested_at,
    one.tenant_id,
    one.kind,
    one.subject_id,
    one.state,
  ]);
  const head = ["id", "requested", "tenant", "kind", "of", "state"];
  for (const text of formatTable(head, rows)) output.say(text);
  return true;
};

export const showErasure: RunCommand = async (context) => {
  const erasure = await context.api.call<RemoteErasure>(pathOf(context));
  context.output.give(erasure);
  tellErasure(context, erasure);
  return true;
};

/** Fails where something is left, so that a script hears of it. */
export const checkErasure: RunCommand = async (context) => {
  const { api, output } = context;
  const check = await api.call<RemoteCheck>(`${pathOf(context)}/check`, { method: "POST" });
  output.give(check);
  output.say(check.result);
  for (const [place, count] of Object.entries(check.leftovers)) output.say(`  ${place}: ${count}`);
  return check.result === "clean";
};

export function tellErasure({ output }: Pick<CommandContext, "output">, one: RemoteErasure): void {
  const removed = Object.entries(one.counts)
    .filter(([, count]) => count > 0)
    .map(([place, count]) => `${place} ${count}`);
  const fields = {
    receipt: one.id,
    tenant: one.tenant_id,
    deleted: `${one.kind} ${one.subject_id}`,
    requested: one.requested_at,
    finished: one.finished_at ?? "not yet",
    state: one.state,
    ...(one.waits_for === null ? {} : { "waits for": one.waits_for }),
    removed: removed.join(", "),
  };
  for (const text of formatFields(fields)) output.say(text);
}

function pathOf({ line }: CommandContext): string {
  return `/erasures/${encodeURIComponent(line.operands[0] ?? "")}`;
}
