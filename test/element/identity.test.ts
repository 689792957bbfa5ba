import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench } from "./support/client-bench.ts";
import { stored } from "./support/fake-rest.ts";
import { authenticated, chunk, processing, refusal, start, userToken } from "./support/frames.ts";
import { ann, as, bob, openAs, signIn, texts } from "./support/people.ts";

describe("as long as it isn't known who is there", () => {
  test("nothing of anybody is shown; then what was theirs is", async () => {
    const bench = createClientBench({ token: ann });
    bench.tab.user("user_ann").chatId = "chat-1";
    bench.tab.user("user_bob").chatId = "chat-2";
    bench.rest.keep("chat-1", [stored({ id: "question-0", content: "Ann's?" })]);
    bench.client.connect();
    await settle();
    expect([texts(bench), bench.rest.calls, bench.channels]).toEqual([[], [], 0]);
    bench.server.current.push(as("ann"));
    await settle();
    expect(texts(bench)).toEqual(["Ann's?"]);
    expect(bench.channels).toBe(1);
  });

  test("a question can be asked, and goes on in the chat that was open", async () => {
    const bench = createClientBench({ token: ann });
    bench.tab.user("user_ann").chatId = "chat-1";
    bench.rest.keep("chat-1", [stored({ id: "question-0", content: "Before?" })]);
    bench.client.ask("What?");
    expect([bench.tab.pending, texts(bench)]).toEqual([[], ["What?"]]);
    bench.server.current.push(as("ann"));
    await settle();
    expect(texts(bench)).toEqual(["Before?", "What?"]);
    expect(bench.server.current.questions).toMatchObject([{ chat_id: "chat-1", message: "What?" }]);
    expect(bench.tab.user("user_ann").pending).toMatchObject([{ text: "What?" }]);
  });

  test("a new chat can be chosen, and stays one", async () => {
    const bench = createClientBench({ token: ann });
    bench.tab.user("user_ann").chatId = "chat-1";
    bench.client.newChat();
    bench.client.connect();
    bench.server.current.push(as("ann"));
    await settle();
    expect([bench.rest.calls, bench.tab.user("user_ann").chatId]).toEqual([[], ""]);
  });
});

describe("a token of the same user", () => {
  test("renews the proof of the open connection", async () => {
    const bench = await openAs("ann", ann);
    const fresh = userToken("ann", "2");
    signIn(bench, fresh);
    const { current } = bench.server;
    expect(current.auths).toEqual([{ token: fresh }]);
    current.push(authenticated("user_ann"));
    expect([bench.server.sockets.length, texts(bench)]).toEqual([1, ["Secret?"]]);
    expect(bench.told).toEqual(["connect"]);
  });

  test("that is the one of before changes nothing", async () => {
    const bench = await openAs("ann", ann);
    signIn(bench, ann);
    expect(bench.server.current.received).toEqual([]);
  });

  test("that comes while there is no connection counts for the next one", async () => {
    const bench = await openAs("ann", ann);
    bench.server.current.drop();
    const fresh = userToken("ann", "2");
    signIn(bench, fresh);
    expect(bench.server.sockets).toHaveLength(1);
    bench.clock.next();
    expect(bench.server.current.proofs).toEqual({ token: fresh });
    expect(texts(bench)).toEqual(["Secret?"]);
  });

  test("that is refused there is tried on a connection of its own", async () => {
    const bench = await openAs("ann", ann);
    const [open] = bench.server.sockets;
    const fresh = userToken("ann", "2");
    signIn(bench, fresh);
    open?.push(refusal("INVALID_TOKEN"));
    expect(open?.closedWith).toBe(1000);
    expect(bench.server.current.proofs).toEqual({ token: fresh });
    bench.server.current.push(refusal("INVALID_TOKEN"));
    bench.server.current.drop(4401);
    expect(bench.client.state.connection.phase).toBe("refused");
    expect(bench.server.sockets).toHaveLength(2);
  });

  test("with another key of the page needs a connection of its own", async () => {
    const bench = await openAs("ann", ann);
    bench.client.ask("What?");
    bench.server.current.push(processing("id-1"), start(), chunk("A ten", 0));
    bench.config.apiKey = "pk_2";
    signIn(bench, userToken("ann", "2"));
    const { current } = bench.server;
    expect(current.proofs).toMatchObject({ key: "pk_2" });
    current.push(as("ann"));
    expect(texts(bench)).toEqual(["Secret?", "What?", "A ten"]);
    expect(current.resumes).toEqual([{ message_id: "answer-1", cursor: "1-5" }]);
  });
});

test("other tabs hear of the same reader's turns alone", async () => {
  const bench = await openAs("ann", ann);
  const other = bench.openTab();
  other.config.token = bob;
  other.client.connect();
  other.server.current.push(as("bob"));
  other.client.openChat("chat-1");
  await settle();
  const before = texts(other);
  bench.client.ask("Between us?");
  bench.server.sockets[0]?.push(processing("id-1"));
  expect(texts(other)).toEqual(before);
});
