import type { RunCommand } from "./context.ts";
import { formatTable } from "./output.ts";

interface RemoteTotal {
  readonly turns: number;
  readonly failed_turns: number;
  readonly total_tokens: number;
  readonly cost_estimate: number;
}

interface RemoteUsage {
  readonly from: string;
  readonly to: string;
  readonly total: RemoteTotal;
  readonly budget: { readonly limit: number | null; readonly spent: number; readonly held: number };
  readonly days: readonly (RemoteTotal & { readonly day: string })[];
}

export const showUsage: RunCommand = async ({ api, output, line }) => {
  const { from, to } = line.options;
  const usage = await api.call<RemoteUsage>("/usage", { query: { from, to } });
  output.give(usage);
  const rows = [
    ...usage.days.map((day) => [day.day, ...cellsOf(day)]),
    ["total", ...cellsOf(usage.total)],
  ];
  output.say(`${usage.from} to ${usage.to}, days in UTC`);
  for (const text of formatTable(["day", "turns", "failed", "tokens", "dollars"], rows))
    output.say(text);
  const { limit, spent, held } = usage.budget;
  const whole = limit === null ? "no limit" : `a limit of ${limit} dollars`;
  output.say(
    `Today's budget: ${whole}, ${money(spent)} spent, ${money(held)} held for answers under way`,
  );
  return true;
};

function cellsOf(total: RemoteTotal): string[] {
  const counts = [total.turns, total.failed_turns, total.total_tokens].map(String);
  return [...counts, money(total.cost_estimate)];
}

function money(dollars: number): string {
  return dollars.toFixed(4);
}
