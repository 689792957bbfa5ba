import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench } from "./support/client-bench.ts";
import { restError, stored } from "./support/fake-rest.ts";
import { authenticated, chunk, greeting, processing, refusal, start } from "./support/frames.ts";
import { acceptClaims, ann, as, bob, claims, openAs, signIn, texts } from "./support/people.ts";

describe("a visitor who signs in", () => {
  test("keeps the connection, the chat and the answer, and takes along what they did", async () => {
    const bench = createClientBench();
    acceptClaims(bench);
    bench.client.connect();
    const socket = bench.server.current;
    socket.push(greeting({ visitor_token: "visitor-1" }));
    bench.client.ask("What?");
    socket.push(processing("id-1"), start(), chunk("A ten", 0));

    signIn(bench, ann);
    expect(socket.auths).toEqual([{ token: ann, visitor_token: "visitor-1" }]);
    socket.push(chunk("ant", 5), authenticated("user_ann"));
    await settle();
    expect(texts(bench)).toEqual(["What?", "A tenant"]);
    expect(bench.server.sockets).toHaveLength(1);
    expect(claims(bench)).toMatchObject([{ method: "POST", body: { visitor_token: "visitor-1" } }]);
    expect(claims(bench)[0]?.headers.get("Authorization")).toBe(`Bearer ${ann}`);
    expect([bench.tokens.visitor, bench.tokens.unclaimed("user_ann")]).toEqual([
      undefined,
      undefined,
    ]);
    expect([bench.tab.chatId, bench.tab.pending]).toEqual([undefined, []]);
    expect(bench.tab.user("user_ann").chatId).toBe("chat-1");
  });

  test("on another page finds the chat there, and is claimed once", async () => {
    const bench = createClientBench();
    bench.tokens.visitor = "visitor-1";
    bench.tab.chatId = "chat-1";
    bench.rest.keep("chat-1", [stored({ id: "question-0", content: "Before?" })]);
    bench.config.token = ann;
    acceptClaims(bench);
    bench.client.connect();
    expect(bench.server.current.proofs).toEqual({ token: ann, visitor: "visitor-1" });
    bench.server.current.push(as("ann"));
    await settle();
    expect(texts(bench)).toEqual(["Before?"]);
    bench.server.current.drop();
    bench.clock.next();
    bench.server.current.push(as("ann"));
    await settle();
    expect(bench.server.current.proofs).toEqual({ token: ann });
    expect(claims(bench)).toHaveLength(1);
  });

  test("sees the list of chats with those that have become theirs", async () => {
    const bench = createClientBench();
    bench.tokens.visitor = "visitor-1";
    bench.rest.keep("chat-1");
    bench.open();
    await bench.client.loadChats();
    signIn(bench, ann);
    acceptClaims(bench);
    bench.rest.keep("chat-2");
    bench.server.current.push(authenticated("user_ann"));
    await settle();
    expect(bench.client.state.chats.map(({ id }) => id)).toEqual(["chat-1", "chat-2"]);
  });

  test("and can't be claimed just now is claimed when they are back, by nobody else", async () => {
    const bench = createClientBench({ token: ann });
    bench.tokens.visitor = "visitor-1";
    bench.rest.intercept = () => restError(503, "SERVICE_UNAVAILABLE");
    bench.client.connect();
    bench.server.current.push(as("ann"));
    await settle();
    expect(bench.told).toEqual(["connect", "error:SERVICE_UNAVAILABLE"]);
    acceptClaims(bench);
    signIn(bench, bob);
    bench.server.current.push(as("bob"));
    await settle();
    expect(claims(bench)).toHaveLength(1);

    signIn(bench, ann);
    bench.server.current.push(as("ann"));
    await settle();
    expect(claims(bench)).toMatchObject([{}, { body: { visitor_token: "visitor-1" } }]);
    expect([bench.tokens.visitor, bench.tokens.unclaimed("user_ann")]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("before they have asked anything finds what they had open as a user", async () => {
    const bench = createClientBench();
    bench.tab.user("user_ann").chatId = "chat-1";
    bench.rest.keep("chat-1", [stored({ id: "question-0", content: "Ann's?" })]);
    bench.open();
    signIn(bench, ann);
    bench.server.current.push(authenticated("user_ann"));
    await settle();
    expect(texts(bench)).toEqual(["Ann's?"]);
  });
});

describe("a user who signs out", () => {
  test("leaves nothing, and a new visitor begins", async () => {
    const bench = await openAs("ann", ann);
    signIn(bench, undefined);
    expect(bench.server.current.proofs).toEqual({});
    bench.server.current.push(greeting({ visitor_token: "visitor-2" }));
    await settle();
    expect(bench.client.state).toMatchObject({ messages: [], chats: [], currentChat: null });
    expect(bench.tokens.visitor).toBe("visitor-2");
    expect(bench.told).toEqual(["connect", "disconnect", "connect"]);
  });

  test("is told by the provider when it is asked", async () => {
    let token: string | null = ann;
    const bench = createClientBench({ tokenProvider: () => token });
    bench.client.connect();
    await settle();
    bench.server.current.push(as("ann"));
    bench.client.ask("Ann's?");
    token = null;
    bench.client.authenticate();
    await settle();
    expect(texts(bench)).toEqual([]);
    expect(bench.server.current.proofs).toEqual({});
  });

  test("stays out of a chat where a token is asked for, until somebody signs in", async () => {
    let token: string | null = null;
    const bench = createClientBench({ tokenProvider: () => token });
    bench.client.connect();
    await settle();
    bench.server.current.push(refusal("TOKEN_REQUIRED"));
    bench.server.current.drop(4401);
    expect(bench.client.state.connection).toMatchObject({ errorCode: "TOKEN_REQUIRED" });
    expect(bench.clock.timers).toBe(0);
    token = ann;
    bench.client.authenticate();
    await settle();
    expect(bench.server.sockets.map(({ proofs }) => proofs)).toEqual([{}, { token: ann }]);
  });
});
