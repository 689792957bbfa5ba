import { vi } from "vitest";
import { settle } from "../../support/clock.ts";
import { createClientBench, type ClientBench } from "./client-bench.ts";
import type { FakeSocket } from "./fake-server.ts";
import { greeting, refusal, userToken } from "./frames.ts";

/** Tokens of one user, Ann. */
export const annsTokens = [
  userToken("ann", "1"),
  userToken("ann", "2"),
  userToken("ann", "3"),
] as const;
export const asAnn = greeting({ user_id: "user_ann", visitor_id: null });
export const shownBy = ({ server }: ClientBench) => server.sockets.map(({ proofs }) => proofs);

/** A page whose provider gives those tokens, one after another, and then the last one for ever. */
export function benchWith(...tokens: (string | null | Error)[]) {
  const left = [...tokens];
  const tokenProvider = vi.fn(async () => {
    const [next = null] = left.length > 1 ? left.splice(0, 1) : left;
    if (next instanceof Error) throw next;
    return next;
  });
  return { bench: createClientBench({ tokenProvider }), tokenProvider };
}

/** Connects, and is greeted as Ann. */
export async function openAsAnn(bench: ClientBench): Promise<FakeSocket> {
  bench.client.connect();
  await settle();
  bench.server.current.push(asAnn);
  return bench.server.current;
}

/** The server says why, and closes. */
export function refuse({ server }: ClientBench, code: string, closeCode = 4401): void {
  server.current.push(refusal(code));
  server.current.drop(closeCode);
}

/** Lets the back-off pass. */
export async function comeBack({ clock, server }: ClientBench): Promise<FakeSocket> {
  const before = server.sockets.length;
  while (server.sockets.length === before && clock.next()) await settle();
  return server.current;
}
