import { expect, test } from "vitest";
import { createClientBench } from "./support/client-bench.ts";
import { greeting } from "./support/frames.ts";

test("a visitor's token is kept for the next connection, and forgotten when it is refused", () => {
  const bench = createClientBench();
  bench.client.connect();
  bench.server.current.push(greeting({ visitor_token: "visitor-1" }));
  bench.server.current.drop();
  bench.reopen();
  expect(bench.server.current.proofs).toEqual({ visitor: "visitor-1" });

  bench.server.current.drop(4401);
  bench.clock.next();
  expect(bench.server.current.proofs).toEqual({});
  bench.server.current.drop(4401);
  expect(bench.server.sockets).toHaveLength(3);
  expect(bench.client.state.connection).toMatchObject({ status: "error", closeCode: 4401 });
});

test("one whose token is refused becomes a new visitor", () => {
  const bench = createClientBench();
  bench.tokens.visitor = "visitor-1";
  bench.client.connect();
  bench.server.current.drop(4401);
  bench.server.current.push(greeting({ visitor_token: "visitor-2" }));
  expect(bench.tokens.visitor).toBe("visitor-2");
  expect(bench.client.state.connection.phase).toBe("connected");
});
