import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench, type ClientBench } from "./support/client-bench.ts";
import { stored } from "./support/fake-rest.ts";
import { authenticated, expiring, refusal } from "./support/frames.ts";
import { ann, as, bob, openAs, signIn, texts } from "./support/people.ts";

describe("another user", () => {
  test.each<[string, (bench: ClientBench) => void]>([
    ["connected", () => undefined],
    ["offline", (bench) => bench.signal("offline")],
    ["lost", (bench) => bench.server.current.drop()],
    ["disconnected", (bench) => bench.client.disconnect()],
  ])("finds nothing of the one before, at once (%s)", async (_, befall) => {
    const bench = await openAs("ann", ann);
    await bench.client.loadChats();
    expect(bench.client.state.chats).toHaveLength(1);
    befall(bench);
    signIn(bench, bob);
    expect(bench.client.state).toMatchObject({
      messages: [],
      chats: [],
      currentChat: null,
      history: { status: "ready" },
      chatList: { status: "idle", hasMore: false },
    });
    expect(bench.tab.user("user_ann")).toEqual({ chatId: undefined, pending: [] });
    expect(bench.openTab().client.state.messages).toEqual([]);
  });

  test("has a connection of their own, and their own chat", async () => {
    const bench = await openAs("ann", ann);
    const [annes] = bench.server.sockets;
    bench.tab.user("user_bob").chatId = "chat-2";
    bench.rest.keep("chat-2", [stored({ id: "question-9", content: "Bob's?" })]);
    signIn(bench, bob);
    expect(annes?.closedWith).toBe(1000);
    expect(annes?.auths).toEqual([]);
    expect(bench.server.current.proofs).toEqual({ token: bob });
    bench.server.current.push(as("bob"));
    await settle();
    expect(texts(bench)).toEqual(["Bob's?"]);
    bench.client.ask("And mine?");
    expect(bench.server.current.questions).toMatchObject([{ chat_id: "chat-2" }]);
  });

  test("whom only the server can tell from the one before is told apart by it", async () => {
    const bench = await openAs("ann", "opaque-1");
    signIn(bench, "opaque-2");
    expect(bench.server.current.auths).toEqual([{ token: "opaque-2" }]);
    bench.server.current.push(refusal("INVALID_TOKEN"));
    bench.server.current.push(as("bob"));
    await settle();
    expect(bench.client.state).toMatchObject({ messages: [], currentChat: null });
    expect(bench.tab.user("user_ann").chatId).toBeUndefined();
  });

  test("is told apart on a connection that comes back, too", async () => {
    const bench = await openAs("ann", "opaque");
    bench.server.current.drop();
    bench.clock.next();
    bench.server.current.push(as("bob"));
    expect(texts(bench)).toEqual([]);
  });

  test("gets nothing that was on its way to the one before", async () => {
    const bench = await openAs("ann", ann);
    const gate = Promise.withResolvers<undefined>();
    bench.rest.intercept = () => gate.promise;
    const listed = bench.client.loadChats();
    const renamed = bench.client.renameChat("chat-1", "Ann's secret");
    bench.client.openChat("chat-1");
    await settle();
    const methods = bench.rest.calls.slice(-3).map(({ method }) => method);
    expect(methods.toSorted()).toEqual(["GET", "GET", "PATCH"]);
    signIn(bench, bob);
    gate.resolve(undefined);
    await Promise.all([listed, renamed]);
    await settle();
    expect(bench.client.state).toMatchObject({ chats: [], messages: [] });
  });

  test("whom the provider names when the token expires begins anew", async () => {
    const tokens = [ann, bob];
    const bench = createClientBench({ tokenProvider: () => tokens.shift() ?? bob });
    bench.client.connect();
    await settle();
    bench.server.current.push(as("ann"));
    bench.client.ask("Ann's?");
    bench.server.current.push(expiring);
    await settle();
    expect(texts(bench)).toEqual([]);
    expect(bench.server.sockets.map(({ proofs }) => proofs)).toEqual([
      { token: ann },
      { token: bob },
    ]);
    bench.server.current.push(as("bob"));
    expect(bench.server.current.questions).toEqual([]);
  });
});

describe("a question that waits", () => {
  test("belongs to who has asked it, and goes out when they are back", async () => {
    const bench = createClientBench({ token: ann });
    bench.client.connect();
    bench.server.current.push(as("ann"));
    bench.server.current.drop();
    bench.client.ask("Ann's question?");
    signIn(bench, bob);
    bench.client.connect();
    bench.server.current.push(as("bob"));
    await settle();
    expect([texts(bench), bench.server.current.questions]).toEqual([[], []]);

    const page = bench.reload();
    page.config.token = undefined;
    page.open();
    expect(page.server.current.questions).toEqual([]);
    signIn(page, ann);
    page.server.current.push(authenticated("user_ann"));
    page.clock.advance(30);
    expect(page.server.current.questions).toMatchObject([{ message: "Ann's question?" }]);
  });

  test("as a visitor is the user's who signs in", () => {
    const bench = createClientBench();
    bench.open().drop();
    bench.client.ask("Before I signed in?");
    signIn(bench, ann);
    bench.server.current.push(as("ann"));
    expect(bench.server.current.questions).toMatchObject([{ message: "Before I signed in?" }]);
    expect(bench.tab.pending).toEqual([]);
    expect(bench.tab.user("user_ann").pending).toHaveLength(1);
  });
});

describe("what somebody asks before the server knows them", () => {
  async function askAsBob() {
    const bench = createClientBench();
    bench.open().drop();
    bench.client.ask("As a visitor?");
    bench.client.ask("And this?");
    signIn(bench, bob);
    expect(bench.client.stop()).toBe("And this?");
    bench.client.ask("Bob's?");
    return bench;
  }

  test("is nobody else's who signs in then", async () => {
    const bench = await askAsBob();
    signIn(bench, ann);
    expect(texts(bench)).toEqual([]);
    bench.server.current.push(as("ann"));
    await settle();
    expect(texts(bench)).not.toContain("Bob's?");
  });

  test("is nobody else's who signs in on the next page", async () => {
    const page = (await askAsBob()).reload();
    page.config.token = ann;
    page.client.connect();
    page.server.current.push(as("ann"));
    await settle();
    const asked = page.server.current.questions.map(({ message }) => message);
    expect(asked).toEqual(["As a visitor?"]);
  });
});
