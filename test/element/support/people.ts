import { settle } from "../../support/clock.ts";
import { createClientBench, type ClientBench } from "./client-bench.ts";
import { stored } from "./fake-rest.ts";
import { greeting, userToken } from "./frames.ts";

export const ann = userToken("ann");
export const bob = userToken("bob");
export const as = (user: string) => greeting({ user_id: `user_${user}`, visitor_id: null });
export const texts = ({ client }: ClientBench) =>
  client.state.messages.map(({ content }) => content);
export const claims = ({ rest }: ClientBench) =>
  rest.calls.filter(({ path }) => path === "/auth/claim");

/** The REST door with claims: what was a visitor's is the user's then. */
export function acceptClaims({ rest }: ClientBench): void {
  rest.intercept = ({ path }) =>
    path === "/auth/claim" ? Response.json({ claimed: 1 }) : undefined;
}

/** Who is signed in shows a token, and the client is told of it; undefined: they sign out. */
export function signIn(bench: ClientBench, token: string | undefined): void {
  bench.config.token = token;
  bench.client.authenticate();
}

/** A page whose user has a chat with one message, "Secret?". */
export async function openAs(user: string, token: string): Promise<ClientBench> {
  const bench = createClientBench({ token });
  bench.tab.user(`user_${user}`).chatId = "chat-1";
  bench.rest.keep("chat-1", [stored({ id: "question-0", content: "Secret?" })]);
  bench.client.connect();
  bench.server.current.push(as(user));
  await settle();
  return bench;
}
