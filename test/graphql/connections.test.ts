import { describe, expect, test } from "vitest";
import { createChat, openPlatform, sendMessage, type Created, type Sent } from "./client.ts";

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const connection = `edges { cursor node { id } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

type Read = (page: { first?: number; after?: string | null }) => Promise<Connection>;

/** Follows `endCursor` from page to page. */
async function readAll(read: Read, first: number): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  for (;;) {
    const { edges, pageInfo }: Connection = await read({ first, after });
    ids.push(...edges.map(({ node }) => node.id));
    expect(edges.length).toBeLessThanOrEqual(first);
    expect(pageInfo.hasPreviousPage).toBe(after !== null);
    expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor ?? null);
    expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null);
    if (!pageInfo.hasNextPage) return ids;
    after = pageInfo.endCursor;
  }
}

describe("chats", () => {
  const query = `query ($first: Int, $after: String) {
    chats(first: $first, after: $after) { ${connection} } }`;

  async function openVisitor(count: number) {
    const platform = openPlatform();
    const { ask, clock } = platform;
    const made = await ask<Created>(createChat);
    const headers = { "X-Visitor-Token": made.createChat.visitorToken ?? "" };
    const ids = [made.createChat.chat.id];
    for (let index = 1; index < count; index += 1) {
      clock.advance(1000);
      ids.unshift((await ask<Created>(createChat, {}, headers)).createChat.chat.id);
    }
    const read: Read = async (page) =>
      (await ask<{ chats: Connection }>(query, page, headers)).chats;
    return { ...platform, ids, headers, read };
  }

  test("are the visitor's own, newest first, whole in pages of any size", async () => {
    const { ids, read } = await openVisitor(7);
    for (const first of [1, 2, 3, 7, 100]) expect(await readAll(read, first)).toEqual(ids);
    expect((await read({})).edges.map(({ node }) => node.id)).toEqual(ids);
  });

  test("can be read on from behind any edge", async () => {
    const { ids, read } = await openVisitor(4);
    const { edges } = await read({});
    for (const [index, { cursor }] of edges.entries()) {
      const rest = await read({ after: cursor });
      expect(rest.edges.map(({ node }) => node.id)).toEqual(ids.slice(index + 1));
    }
  });

  test("need a visitor token, and it must be right", async () => {
    const { run, headers } = await openVisitor(1);
    const anonymous = await run(query);
    expect(anonymous).toMatchObject({
      status: 200,
      data: { chats: null },
      errors: [{ extensions: { code: "VISITOR_TOKEN_REQUIRED" } }],
    });
    const token = headers["X-Visitor-Token"];
    const bearer = await run<{ chats: Connection }>(
      query,
      {},
      { Authorization: `Bearer ${token}` },
    );
    expect(bearer.data?.chats.edges).toHaveLength(1);
    for (const wrong of [{ "X-Visitor-Token": `${token}x` }, { Authorization: "Bearer abc" }]) {
      const refused = await run(query, {}, wrong);
      expect(refused).toMatchObject({
        status: 401,
        errors: [{ extensions: { code: "INVALID_TOKEN" } }],
      });
    }
  });

  test("refuse a page that is too small or too large, and a cursor that isn't ours", async () => {
    const { refusal, headers } = await openVisitor(1);
    for (const first of [0, -1, 101]) {
      expect(await refusal(query, { first }, headers), `first ${first}`).toEqual([
        "INVALID_REQUEST",
      ]);
    }
    for (const after of ["yesterday", "", "💥"]) {
      expect(await refusal(query, { after }, headers), after).toEqual(["INVALID_CURSOR"]);
    }
  });
});

describe("a chat's messages", () => {
  const query = `query ($id: ID!, $first: Int, $after: String) {
    chat(id: $id) { messages(first: $first, after: $after) { ${connection} } } }`;

  test("are the history, oldest first, whole in pages of any size", async () => {
    const { ask, log } = openPlatform({ pieces: ["Yes."] });
    const ids: string[] = [];
    let chatId: string | undefined;
    for (const content of ["One?", "Two?", "Three?"]) {
      const { sendMessage: sent } = await ask<Sent>(sendMessage, { input: { chatId, content } });
      chatId = sent.chat.id;
      ids.push(sent.question.id, sent.answer.id);
      await expect.poll(() => log.size).toBe(0);
    }
    const read: Read = async (page) => {
      const { chat } = await ask<{ chat: { messages: Connection } }>(query, {
        id: chatId,
        ...page,
      });
      return chat.messages;
    };
    for (const first of [1, 2, 5, 6, 100]) expect(await readAll(read, first)).toEqual(ids);
    const end = (await read({})).pageInfo.endCursor;
    expect((await read({ after: end })).edges).toEqual([]);
    await ask<Sent>(sendMessage, { input: { chatId, content: "Four?" } });
    expect((await read({ after: end })).edges).toHaveLength(2);
  });
});
