import { wrong } from "./command-line.ts";
import type { RunCommand } from "./context.ts";
import { formatTable } from "./output.ts";

interface RemoteEntry {
  readonly at: string;
  readonly actor: { readonly kind: string; readonly id: string | null; readonly address: string };
  readonly tenant_id: string | null;
  readonly action: string;
  readonly target: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

const usualCount = 50;
const mostCount = 1000;

export const showAudit: RunCommand = async ({ api, output, line }) => {
  const entries = await api.listAll<RemoteEntry>("/audit", readCount(line.options.limit));
  output.give(entries);
  const head = ["at", "tenant", "who", "from", "action", "target", "details"];
  const rows = entries.map(({ at, actor, tenant_id: tenant, action, target, details }) => [
    at,
    tenant ?? "",
    actor.id ?? actor.kind,
    actor.address,
    action,
    target === tenant ? "" : (target ?? ""),
    describe(details),
  ]);
  for (const text of formatTable(head, rows)) output.say(text);
  return true;
};

function readCount(text: string | undefined): number {
  const count = text === undefined ? usualCount : /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= mostCount) return count;
  throw wrong(`--limit: 1 to ${mostCount} is expected`);
}

/** Changes as `name: old → new`, else the details as they are. */
function describe({ changes, ...rest }: RemoteEntry["details"]): string {
  const told = Object.entries(asRecord(changes)).map(([name, change]) => {
    const { old, new: fresh } = asRecord(change);
    return `${name}: ${shorten(old)} → ${shorten(fresh)}`;
  });
  const others = Object.entries(rest).map(([name, value]) => `${name}: ${shorten(value)}`);
  return [...told, ...others].join("; ");
}

function shorten(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
