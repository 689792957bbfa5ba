import { expect, test } from "vitest";
import { createClientBench } from "./support/client-bench.ts";
import { greeting } from "./support/frames.ts";

test("a visitor's token is kept for the next connection, and forgotten when it is refused", () => {
  const bench = createClientBench();
  bench.client.connect();
  bench.server.current.push(greeting({ visitor_token: "visitor-1" }));
  bench.server.current.drop();
  bench.reopen();
  expect(bench.server.current.url.searchParams.get("token")).toBe("visitor-1");

  bench.server.current.drop(4401);
  expect(bench.server.current.url.searchParams.has("token")).toBe(false);
  bench.server.current.drop(4401);
  expect(bench.server.sockets).toHaveLength(3);
  expect(bench.client.state.connection).toMatchObject({ status: "error", closeCode: 4401 });
});

test("the page's own token and user go first, and are never forgotten by a refusal", () => {
  const bench = createClientBench({
    token: "page-token",
    userId: "user 7",
    apiUrl: "http://localhost:8000/base/",
  });
  bench.tokens.visitor = "visitor-1";
  bench.client.connect();
  expect(bench.server.current.url.href).toBe(
    "ws://localhost:8000/base/api/v1/ws/chat?tenant_id=acme&client_id=tab-1&user_id=user+7&token=page-token",
  );
  bench.server.current.drop(4401);
  expect(bench.server.sockets).toHaveLength(1);
  expect(bench.tokens.visitor).toBe("visitor-1");
});
