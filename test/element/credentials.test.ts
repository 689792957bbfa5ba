import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench } from "./support/client-bench.ts";
import { restError, stored } from "./support/fake-rest.ts";
import { annsTokens, benchWith, comeBack, openAsAnn, shownBy } from "./support/signed-in.ts";

const [first, second, third] = annsTokens;

describe("what is shown", () => {
  test("goes as subprotocols, and stands in no address", () => {
    const bench = createClientBench({
      token: first,
      apiKey: "pk_1",
      userId: "user 7",
      apiUrl: "http://localhost:8000/base/",
    });
    bench.tokens.visitor = "visitor-1";
    bench.client.connect();
    const { url, protocols } = bench.server.current;
    expect(url.href).toBe(
      "ws://localhost:8000/base/api/v1/ws/chat?tenant_id=acme&client_id=tab-1&user_id=user+7",
    );
    expect(protocols).toEqual([
      "miptech.v1",
      `miptech.token.${first}`,
      "miptech.key.pk_1",
      "miptech.visitor.visitor-1",
    ]);
  });

  test("is nothing but the protocol's name by default", () => {
    const bench = createClientBench({ token: "", apiKey: "" });
    bench.client.connect();
    expect(bench.server.current.protocols).toEqual(["miptech.v1"]);
  });

  test.each(["with space", "comma,", 'quo"te', "ü", "a/b=", "line\nbreak"])(
    "can't be %j: it is refused without a connection, and nobody reads it",
    (token) => {
      const bench = createClientBench({ token });
      bench.client.connect();
      expect(bench.server.sockets).toEqual([]);
      expect(bench.client.state.connection).toMatchObject({
        phase: "refused",
        errorCode: "INVALID_TOKEN",
      });
      expect(JSON.stringify([bench.advice, bench.client.state.connection])).not.toContain(
        JSON.stringify(token).slice(1, -1),
      );
      expect(bench.told).toEqual(["error:INVALID_TOKEN", "error:CONNECTION_REFUSED"]);
    },
  );
});

describe("a provider of tokens", () => {
  test("is asked before each connection", async () => {
    const { bench } = benchWith(first, second);
    (await openAsAnn(bench)).drop();
    await comeBack(bench);
    expect(shownBy(bench)).toEqual([{ token: first }, { token: second }]);
  });

  test("goes before a token, and may answer at once", async () => {
    const bench = createClientBench({ token: "other", tokenProvider: () => first });
    bench.client.connect();
    await settle();
    expect(shownBy(bench)).toEqual([{ token: first }]);
  });

  test("that says null leaves the visitor", async () => {
    const { bench } = benchWith(null);
    bench.tokens.visitor = "visitor-1";
    bench.tab.chatId = "chat-1";
    bench.rest.keep("chat-1", [stored({ id: "question-1" })]);
    bench.client.connect();
    expect(bench.client.state.connection.phase).toBe("connecting");
    await settle();
    expect(shownBy(bench)).toEqual([{ visitor: "visitor-1" }]);
    await settle();
    expect(bench.client.state.messages).toHaveLength(1);
  });

  test("that fails is asked again ever later, and then given up", async () => {
    const failure = new Error(`no token like ${first}`);
    const { bench, tokenProvider } = benchWith(failure);
    Object.assign(bench.config, { maxReconnectAttempts: 2, reconnectInterval: 100 });
    bench.client.connect();
    await settle();
    expect(bench.client.state.connection).toMatchObject({
      phase: "waiting",
      errorCode: "TOKEN_UNAVAILABLE",
    });
    bench.clock.advance(100);
    await settle();
    bench.clock.advance(199);
    await settle();
    expect(tokenProvider).toHaveBeenCalledTimes(2);
    bench.clock.advance(1);
    await settle();
    expect(bench.client.state.connection).toMatchObject({ phase: "exhausted" });
    expect([tokenProvider.mock.calls.length, bench.clock.timers]).toEqual([3, 0]);
    expect(bench.server.sockets).toEqual([]);
    expect(bench.told).toEqual(["error:CONNECTION_LOST"]);
    expect(bench.advice).toHaveLength(1);
    expect(bench.advice[0]).toContain("tokenProvider");
    expect(bench.advice[0]).not.toContain(first);
  });

  test("that gives something else than a token counts as failing", async () => {
    const tokenProvider = () => ({ access_token: first }) as never;
    const bench = createClientBench({ tokenProvider, maxReconnectAttempts: 0 });
    bench.client.connect();
    await settle();
    expect(bench.client.state.connection).toMatchObject({
      phase: "exhausted",
      errorCode: "TOKEN_UNAVAILABLE",
    });
  });

  test("that never answers is given up like a server that doesn't, and what it says later is nothing", async () => {
    let answer: (token: string) => void = () => undefined;
    const tokenProvider = () => new Promise<string>((resolve) => (answer = resolve));
    const bench = createClientBench({ tokenProvider, maxReconnectAttempts: 0 });
    bench.client.connect();
    bench.clock.advance(15_000);
    expect(bench.client.state.connection.phase).toBe("exhausted");
    answer(first);
    await settle();
    expect(bench.server.sockets).toEqual([]);
  });

  test("opens one connection, however often one is asked for while it thinks", async () => {
    const { bench, tokenProvider } = benchWith(first);
    bench.client.connect();
    bench.client.connect();
    bench.client.ask("What?");
    await settle();
    expect([tokenProvider.mock.calls.length, bench.server.sockets.length]).toEqual([1, 1]);
  });

  test("opens none once the chat is left", async () => {
    const { bench } = benchWith(first);
    bench.client.connect();
    bench.client.disconnect();
    await settle();
    expect([bench.server.sockets, bench.clock.timers]).toEqual([[], 0]);
  });

  test("is asked again where somebody signs in while it thinks, and the newest answer counts", async () => {
    const answers: ((token: string | null) => void)[] = [];
    const tokenProvider = () => new Promise<string | null>((resolve) => void answers.push(resolve));
    const bench = createClientBench({ tokenProvider });
    bench.client.connect();
    bench.client.authenticate();
    answers[1]?.(first);
    await settle();
    answers[0]?.(null);
    await settle();
    expect(shownBy(bench)).toEqual([{ token: first }]);
  });
});

describe("a request over HTTP", () => {
  const refuseToken = (token: string) => (call: { headers: Headers }) =>
    call.headers.get("Authorization") === `Bearer ${token}`
      ? restError(401, "INVALID_TOKEN")
      : undefined;

  test("with an expired token is made again with a fresh one", async () => {
    const { bench } = benchWith(first, second);
    await openAsAnn(bench);
    bench.rest.keep("chat-1");
    bench.rest.intercept = refuseToken(first);
    await bench.client.loadChats();
    expect(bench.client.state.chats).toHaveLength(1);
    expect(bench.rest.calls).toHaveLength(2);
  });

  test("with no better one fails once", async () => {
    const { bench } = benchWith(first, second, third);
    await openAsAnn(bench);
    bench.rest.intercept = () => restError(401, "INVALID_TOKEN");
    await bench.client.loadChats();
    expect(bench.client.state.chatList.status).toBe("error");
    expect(bench.rest.calls).toHaveLength(2);
    expect(bench.told).toEqual(["connect", "error:INVALID_TOKEN"]);
  });

  test("asks the provider that was never asked", async () => {
    const { bench } = benchWith(first);
    bench.rest.keep("chat-1");
    await bench.client.loadChats();
    expect(bench.rest.calls[0]?.headers.get("Authorization")).toBe(`Bearer ${first}`);
  });
});
