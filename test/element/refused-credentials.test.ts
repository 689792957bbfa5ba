import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench } from "./support/client-bench.ts";
import { greeting, refusal } from "./support/frames.ts";
import { annsTokens, asAnn, benchWith, comeBack, refuse, shownBy } from "./support/signed-in.ts";

const [first, second, third] = annsTokens;

describe("a token that is refused from the start", () => {
  test("is replaced once, at once", async () => {
    const { bench } = benchWith(first, second);
    bench.client.connect();
    await settle();
    refuse(bench, "INVALID_TOKEN");
    await settle();
    expect(shownBy(bench)).toEqual([{ token: first }, { token: second }]);
    bench.server.current.push(asAnn);
    expect(bench.client.state.connection.phase).toBe("connected");
    expect(bench.told).toEqual(["connect"]);
  });

  test("and replaced by a bad one ends there", async () => {
    const { bench, tokenProvider } = benchWith(first, second, third);
    bench.client.connect();
    await settle();
    refuse(bench, "INVALID_TOKEN");
    await settle();
    refuse(bench, "INVALID_TOKEN");
    await settle();
    expect([tokenProvider.mock.calls.length, bench.server.sockets.length]).toEqual([2, 2]);
    expect(bench.client.state.connection.phase).toBe("refused");
    expect([bench.clock.timers, bench.advice.length]).toEqual([0, 1]);
  });

  test("is tried again when somebody asks for it", async () => {
    const { bench } = benchWith(first);
    bench.client.connect();
    await settle();
    refuse(bench, "INVALID_TOKEN");
    await settle();
    expect(bench.server.sockets).toHaveLength(1);
    bench.client.connect();
    await settle();
    expect(shownBy(bench)).toEqual([{ token: first }, { token: first }]);
  });
});

describe("a refusal that nothing else can be shown after", () => {
  test.each([
    ["TOKEN_REQUIRED", 4401, "api-key"],
    ["INVALID_TOKEN", 4401, "api-key"],
    ["ORIGIN_NOT_ALLOWED", 4403, "origins of the api-key"],
  ])("%s is final until the key changes", (code, closeCode, words) => {
    const bench = createClientBench({ apiKey: "pk_secretive" });
    bench.client.connect();
    refuse(bench, code, closeCode);
    bench.signal("wake");
    bench.signal("online");
    expect(bench.server.sockets).toHaveLength(1);
    expect(bench.told).toEqual([`error:${code}`, "error:CONNECTION_REFUSED"]);
    expect(bench.advice).toEqual([expect.stringContaining(words)]);
    expect(bench.advice[0]).not.toContain("pk_secretive");
    bench.client.authenticate();
    expect(bench.server.sockets).toHaveLength(1);
    bench.config.apiKey = "pk_2";
    bench.client.authenticate();
    expect(shownBy(bench)).toEqual([{ key: "pk_secretive" }, { key: "pk_2" }]);
  });

  test("of a key costs no visitor their token; of the visitor's token it does", () => {
    const bench = createClientBench({ apiKey: "pk_1" });
    bench.tokens.visitor = "visitor-1";
    bench.client.connect();
    refuse(bench, "INVALID_TOKEN");
    refuse(bench, "INVALID_TOKEN");
    const both = { key: "pk_1", visitor: "visitor-1" };
    expect(shownBy(bench)).toEqual([both, { key: "pk_1" }]);
    expect(bench.tokens.visitor).toBe("visitor-1");

    bench.client.connect();
    refuse(bench, "INVALID_TOKEN");
    bench.server.current.push(greeting({ visitor_token: "visitor-2" }));
    expect(shownBy(bench).slice(2)).toEqual([both, { key: "pk_1" }]);
    expect(bench.tokens.visitor).toBe("visitor-2");
    expect(bench.client.state.connection.phase).toBe("connected");
  });

  test("of a visitor whose token has expired costs them that token alone", async () => {
    const bench = createClientBench();
    bench.tokens.visitor = "visitor-1";
    bench.open();
    refuse(bench, "TOKEN_EXPIRED");
    await comeBack(bench);
    expect(shownBy(bench)).toEqual([{ visitor: "visitor-1" }, {}]);
    bench.server.current.push(greeting({ visitor_token: "visitor-2" }));
    expect(bench.tokens.visitor).toBe("visitor-2");
    expect(bench.client.state.connection.phase).toBe("connected");
    expect(bench.told).not.toContain("error:TOKEN_EXPIRED");
  });

  test("of an open connection fails no question, and says why", () => {
    const bench = createClientBench({ apiKey: "pk_1" });
    bench.open();
    bench.client.ask("What?");
    refuse(bench, "ORIGIN_NOT_ALLOWED", 4403);
    expect(bench.client.state.messages).toMatchObject([{ status: "sending" }]);
    expect(bench.client.state.connection).toMatchObject({
      phase: "refused",
      errorCode: "ORIGIN_NOT_ALLOWED",
    });
  });
});

describe("too many connections", () => {
  test("are waited for, as long as the server says and longer, and then given up", () => {
    const bench = createClientBench({ maxReconnectAttempts: 2 });
    bench.client.connect();
    const opened: number[] = [];
    while (bench.client.state.connection.phase !== "exhausted") {
      opened.push(bench.clock.now());
      bench.server.current.push(refusal("TOO_MANY_CONNECTIONS", { retry_after: 10 }));
      bench.server.current.drop(4429);
      bench.clock.next();
    }
    expect(opened.slice(1).map((at, index) => at - opened[index]!)).toEqual([13_000, 16_000]);
    expect(bench.client.state.connection.errorCode).toBe("TOO_MANY_CONNECTIONS");
    expect(bench.told).toEqual(["error:CONNECTION_LOST"]);
  });
});

test("a budget that is used up fails the question, and nothing is tried by itself", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  socket.push(refusal("BUDGET_EXCEEDED", { client_message_id: "id-1", retry_after: 3600 }));
  expect(bench.client.state.messages).toMatchObject([
    { status: "error", metadata: { error: { code: "BUDGET_EXCEEDED" } } },
  ]);
  bench.clock.advance(7_200_000);
  expect(socket.questions).toHaveLength(1);
});
