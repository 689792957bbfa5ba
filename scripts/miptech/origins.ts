import type { Api } from "./api.ts";
import type { RunCommand } from "./context.ts";

interface Origins {
  readonly origins: readonly string[];
}

export const listOrigins: RunCommand = async ({ api, output }) => {
  const found = await api.call<Origins>("/origins");
  output.give(found);
  for (const origin of found.origins) output.say(origin);
  if (found.origins.length === 0) output.say("none but those of CORS_ORIGINS");
  return true;
};

export const addOrigins: RunCommand = async ({ api, output, line }) => {
  const { origins } = await api.call<Origins>("/origins");
  const wanted = new Set([...origins, ...line.operands]);
  output.give(await put(api, [...wanted]));
  for (const origin of line.operands)
    output.say(`${origins.includes(origin) ? "unchanged" : "added    "}  ${origin}`);
  return true;
};

export const removeOrigins: RunCommand = async ({ api, output, line }) => {
  const { origins } = await api.call<Origins>("/origins");
  const kept = origins.filter((origin) => !line.operands.includes(origin));
  output.give(kept.length === origins.length ? { origins } : await put(api, kept));
  const missing = line.operands.filter((origin) => !origins.includes(origin));
  for (const origin of line.operands)
    output.say(`${missing.includes(origin) ? "missing" : "removed"}    ${origin}`);
  return missing.length === 0;
};

function put(api: Api, origins: readonly string[]): Promise<Origins> {
  return api.call<Origins>("/origins", { method: "PUT", json: { origins } });
}
