import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sumProfile } from "./profile.ts";
import type { LoadClient } from "./load-client.ts";
import { measureCost, type Running, type Scenario } from "./scenarios.ts";

const mostRows = 22;

/**
 * Where the CPU of the scenarios goes in one server, by package and folder.
 * @param folder for the profiles themselves, which browsers' developer tools show. @returns lines of Markdown.
 */
export async function printBreakdown(
  load: LoadClient,
  running: Running,
  scenarios: readonly Scenario[],
  folder: string | undefined,
): Promise<string[]> {
  const columns: Map<string, number>[] = [];
  for (const scenario of scenarios) {
    await running.server.ask("profile");
    await measureCost(load, running, scenario);
    const { profile } = await running.server.ask("profile end");
    if (!profile) throw new Error("The server has no profile of itself");
    columns.push(shares(sumProfile(profile)));
    const name = `${scenario.name.replaceAll(" ", "-")}.cpuprofile`;
    if (folder) await writeFile(join(folder, name), JSON.stringify(profile));
  }
  const weight = (place: string) =>
    columns.reduce((sum, column) => sum + (column.get(place) ?? 0), 0);
  const places = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  const shown = places.toSorted((a, b) => weight(b) - weight(a)).slice(0, mostRows);
  const cells = (place: string) =>
    columns.map((column) => `${Math.round(100 * (column.get(place) ?? 0))}`);
  return [
    "",
    `| where the CPU of ${running.subject.name} goes, % | ${scenarios.map(({ name }) => name).join(" | ")} |`,
    `| --- |${scenarios.map(() => " ---: |").join("")}`,
    ...shown.map((place) => `| ${place} | ${cells(place).join(" | ")} |`),
  ];
}

function shares(profile: ReturnType<typeof sumProfile>): Map<string, number> {
  const all = profile.reduce((sum, { self }) => sum + self, 0);
  return new Map(profile.map(({ place, self }) => [place, self / all]));
}
