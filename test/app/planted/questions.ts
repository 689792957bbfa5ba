import { openWs } from "../../support/ws-client.ts";
import type { PlantedWorld } from "./world.ts";

/** Asks at a door. @returns the code of the error with which that ended; undefined when it was answered. */
export type Ask = (world: PlantedWorld, words: string) => Promise<string | undefined>;

export const askByWs: Ask = async ({ wsUrl, tenantId }, words) => {
  const client = await openWs(wsUrl, { tenant_id: tenantId });
  try {
    client.send("chat_message", { message: words, chat_id: null });
    for (;;) {
      const { type, data } = await client.next();
      if (type === "error") return data.error_code;
      if (type === "rate_limit_exceeded") throw new Error(data.message);
      if (type === "response_complete") return undefined;
    }
  } finally {
    await client.close();
  }
};

interface Shown {
  readonly error?: { readonly code: string };
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
  readonly reply?: { readonly error?: { readonly code: string } | null };
}

async function post(world: PlantedWorld, path: string, body: object): Promise<Shown> {
  const response = await fetch(`${world.url}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Tenant-ID": world.tenantId },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Shown;
}

/** A chat whose title and context hold the words too, where the database takes them. */
export const askByRest: Ask = async (world, words) => {
  const made: { id?: string } & Shown = await post(world, "/api/v1/chat", { context: { words } });
  if (made.id === undefined) return made.error?.code;
  const { error, reply } = await post(world, `/api/v1/chat/${made.id}/messages`, {
    content: words,
  });
  return error?.code ?? reply?.error?.code;
};

export const askByGraphql: Ask = async (world, words) => {
  const query = `mutation ($input: SendMessageInput!) {
    sendMessage(input: $input) { answer { id } }
  }`;
  const { errors } = await post(world, "/graphql", {
    query,
    variables: { input: { content: words } },
  });
  return errors?.[0]?.extensions.code;
};

export const allDoors: readonly (readonly [string, Ask])[] = [
  ["raw WebSocket", askByWs],
  ["REST", askByRest],
  ["GraphQL", askByGraphql],
];
