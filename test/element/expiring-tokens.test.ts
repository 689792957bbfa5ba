import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench } from "./support/client-bench.ts";
import { chunk, expiring, processing, start, userToken } from "./support/frames.ts";
import {
  annsTokens,
  asAnn,
  benchWith,
  comeBack,
  openAsAnn,
  refuse,
  shownBy,
} from "./support/signed-in.ts";

const [first, second, third] = annsTokens;

describe("a token that expires", () => {
  test("is renewed on the open connection", async () => {
    const { bench } = benchWith(first, second);
    const socket = await openAsAnn(bench);
    socket.push(expiring);
    await settle();
    expect(socket.auths).toEqual([{ token: second }]);
    expect(bench.server.sockets).toHaveLength(1);
    expect(bench.told).toEqual(["connect"]);
  });

  test("too soon after the last one is let expire: tokens that live shortly make no storm", async () => {
    const { bench, tokenProvider } = benchWith(first, second, third);
    const socket = await openAsAnn(bench);
    socket.push(expiring);
    await settle();
    socket.push(expiring);
    await settle();
    expect(tokenProvider).toHaveBeenCalledTimes(2);
    bench.clock.advance(15_000);
    socket.push(expiring);
    await settle();
    expect(tokenProvider).toHaveBeenCalledTimes(3);
  });

  test("and has no successor is shown no second time", async () => {
    const { bench, tokenProvider } = benchWith(first);
    const socket = await openAsAnn(bench);
    socket.push(expiring);
    await settle();
    expect(socket.auths).toEqual([]);
    refuse(bench, "TOKEN_EXPIRED");
    expect(bench.client.state.connection.phase).toBe("waiting");
    while (bench.clock.next()) await settle();
    expect(bench.server.sockets).toHaveLength(1);
    expect(tokenProvider).toHaveBeenCalledTimes(3);
    expect(bench.client.state.connection).toMatchObject({
      phase: "refused",
      errorCode: "INVALID_TOKEN",
    });
  });

  test.each(["TOKEN_EXPIRED", "INVALID_TOKEN"])(
    "with %s comes back with a fresh one, and the answer goes on",
    async (code) => {
      const { bench } = benchWith(first, second);
      const socket = await openAsAnn(bench);
      bench.client.ask("What?");
      socket.push(processing("id-1"), start(), chunk("A ten", 0));
      refuse(bench, code);
      const next = await comeBack(bench);
      next.push(asAnn);
      expect(next.proofs).toEqual({ token: second });
      expect(next.resumes).toEqual([{ message_id: "answer-1", cursor: "1-5" }]);
      expect(bench.client.state.messages).toMatchObject([
        { status: "sent" },
        { content: "A ten", status: "sent" },
      ]);
      expect(bench.told).toEqual(["connect", "message:user", "disconnect", "connect"]);
    },
  );

  test("again and again, without an answer between, is met ever later", async () => {
    let count = 0;
    const tokenProvider = () => userToken("ann", String((count += 1)));
    const bench = createClientBench({ tokenProvider, maxReconnectAttempts: 3 });
    bench.client.connect();
    const opened: number[] = [];
    while (bench.client.state.connection.phase !== "exhausted") {
      await settle();
      opened.push(bench.clock.now());
      bench.server.current.push(asAnn, expiring);
      refuse(bench, "TOKEN_EXPIRED");
      bench.clock.next();
    }
    const waits = opened.slice(1).map((at, index) => at - opened[index]!);
    expect(waits).toEqual([3000, 6000, 12_000]);
  });

  test("and was set once ends the chat until there is another", () => {
    const bench = createClientBench({ token: first });
    bench.client.connect();
    bench.server.current.push(asAnn, expiring);
    refuse(bench, "TOKEN_EXPIRED");
    expect(bench.client.state.connection).toMatchObject({
      phase: "refused",
      errorCode: "TOKEN_EXPIRED",
      closeCode: 4401,
    });
    expect(bench.told).toEqual([
      "connect",
      "disconnect",
      "error:TOKEN_EXPIRED",
      "error:CONNECTION_REFUSED",
    ]);
    expect(bench.advice).toEqual([expect.stringContaining("tokenProvider")]);
    expect(bench.clock.timers).toBe(0);
    bench.config.token = second;
    bench.client.authenticate();
    expect(shownBy(bench)).toEqual([{ token: first }, { token: second }]);
  });
});
