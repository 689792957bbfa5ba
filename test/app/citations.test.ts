import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import type { Citation, Source } from "../../api/core/message.ts";
import { startModelPlatform, type ModelPlatform } from "../support/model-platform.ts";
import { answerWith } from "../support/openai-server.ts";
import { adminToken } from "../support/platform.ts";

let world: ModelPlatform;

beforeAll(async () => {
  world = await startModelPlatform();
});
afterEach(() => world.server.use(undefined));
afterAll(() => world?.close());

const question = "How should I water tomatoes?";
const answer = [
  'Water them "at the root in the morning, never on the leaves" [1], ',
  "“with ten litres a day” [1], ",
  "and «FEED tomatoes every *second* week» [1]. ",
  '"Tomatoes want sixty hours of sun a day" [1]. More in [9].',
];
const expected = [
  ["verbatim", ["at the root in the morning, never on the leaves"]],
  ["none", []],
  ["normalised", ["Feed tomatoes every second week"]],
  ["none", []],
  ["none", []],
];

/** As far as it is read here. */
interface Body {
  readonly id: string;
  readonly content: string;
  readonly handled_at: string | null;
  readonly error: { readonly code: string };
  readonly errors: readonly { readonly extensions: { readonly code: string } }[];
  readonly reply: {
    readonly id: string;
    readonly content: string;
    readonly citations: readonly Citation[];
  };
  readonly items: readonly (Record<string, unknown> & { readonly action?: string })[];
  readonly data: {
    readonly message: unknown;
    readonly unanswered: { readonly edges: unknown };
    readonly markUnanswered: unknown;
  };
}

async function call(path: string, init: RequestInit = {}, tenantId = "garden") {
  const headers = { "X-Tenant-ID": tenantId, "Content-Type": "application/json" };
  const response = await fetch(world.platform.url + path, {
    ...init,
    headers: { ...headers, ...(init.headers as Record<string, string>) },
  });
  return (await response.json()) as Body;
}

const admin = { headers: { "X-Admin-Token": adminToken } };
const graphql = (query: string, variables: object = {}, init: RequestInit = {}) =>
  call("/graphql", { ...init, method: "POST", body: JSON.stringify({ query, variables }) });

/** How each citation was found, with the words that its places have in the stored document. */
async function look(content: string, citations: readonly Citation[]) {
  return Promise.all(
    citations.map(async ({ start, end, number, quote, quote_start, quote_end, ...one }) => {
      expect(content.slice(start, end)).toBe(`[${number}]`);
      if (quote !== null) expect(content.slice(quote_start ?? 0, quote_end ?? 0)).toBe(quote);
      expect(one.verified).toBe(one.how !== "none");
      if (one.document_id === null) return [one.how, one.places];
      const { content: text } = await call(`/api/v1/admin/documents/${one.document_id}`, admin);
      return [one.how, one.places.map((place) => String(text).slice(place.start, place.end))];
    }),
  );
}

const citationFields =
  "number start end quote quote_start: quoteStart quote_end: quoteEnd verified how document_id: documentId places { start end } found_in: foundIn";

describe("invented quotations are marked, right ones verified with their very places", () => {
  it("in the frames of a WebSocket, in REST's history and in GraphQL's", async () => {
    world.server.use(answerWith(answer));
    const turn = await world.ask(question);
    const { text, frame } = await turn.end();
    if (frame.type !== "response_complete") throw new Error(frame.type);
    const { citations, sources } = frame.data;
    expect(await look(text, citations)).toEqual(expected);
    expect(sources.map(({ number, verified, page }) => [number, verified, page])).toEqual([
      [1, false, null],
    ]);

    const history = await call(`/api/v1/chat/${turn.chatId}/messages`);
    expect(history.items[1]).toMatchObject({ citations, sources });

    const { data } = await graphql(
      `query ($id: ID!) { message(id: $id) { citations { ${citationFields} } sources { verified page } } }`,
      { id: turn.messageId },
    );
    const inGraphql = citations.map((one) => ({ ...one, how: one.how.toUpperCase() }));
    expect(data.message).toEqual({
      citations: inGraphql,
      sources: [{ verified: false, page: null }],
    });
  });

  it("in REST's reply and events, and at the end of a GraphQL subscription", async () => {
    world.server.use(answerWith(answer));
    const { id } = await call("/api/v1/chat", { method: "POST", body: "{}" });
    const { reply } = await call(`/api/v1/chat/${id}/messages`, {
      method: "POST",
      body: JSON.stringify({ content: question }),
    });
    expect(await look(reply.content, reply.citations)).toEqual(expected);
    const stream = await fetch(`${world.platform.url}/graphql`, {
      method: "POST",
      headers: {
        "X-Tenant-ID": "garden",
        "Content-Type": "application/json",
        Accept: "text/event-stream",
      },
      body: JSON.stringify({
        query: `subscription ($id: ID!) { messageEvents(messageId: $id) { ... on ResponseComplete { citations { ${citationFields} } } } }`,
        variables: { id: reply.id },
      }),
    });
    const events = await stream.text();
    const last = events.split("\n").findLast((line) => line.includes("citations"));
    const inGraphql = reply.citations.map((one) => ({ ...one, how: one.how.toUpperCase() }));
    expect(JSON.parse(last?.replace(/^data: /, "") ?? "{}")).toEqual({
      data: { messageEvents: { citations: inGraphql } },
    });
  });

  it("and where all of it was found, the source says so", async () => {
    world.server.use(answerWith(['"Feed tomatoes every second week" [1].']));
    const { frame } = await (await world.ask(question)).end();
    expect(frame.data).toMatchObject({
      sources: [{ verified: true }],
      citations: [{ verified: true, how: "verbatim" }],
    });
  });
});

test("an answer of an earlier release reads back without what nobody has checked", async () => {
  world.server.use(answerWith(['"Feed tomatoes" [1].']));
  const turn = await world.ask(question);
  await turn.end();
  const { sources } = await world.stored(turn.messageId);
  const old = (sources as Source[]).map(({ verified: _verified, page: _page, ...rest }) => rest);
  await world.platform.adminSql(
    "update tenant_garden.chat_messages set citations = null, sources = $2 where id = $1",
    [turn.messageId, JSON.stringify(old)],
  );
  const { items } = await call(`/api/v1/chat/${turn.chatId}/messages`);
  expect(items[1]).toMatchObject({
    citations: [],
    sources: [{ number: 1, verified: null, page: null }],
  });
});

describe("a question that the documents don't answer", () => {
  const list = async (query = "") => (await call(`/api/v1/admin/unanswered${query}`, admin)).items;

  it("is kept, told at all doors, marked with an entry in the audit log, and gone with its chat", async () => {
    world.server.use(answerWith(["The documents don't answer that."]));
    const turn = await world.ask("Do tomatoes dream at night?");
    await turn.end();
    const lost = await world.ask("Xylophones?");
    await lost.end();
    await (await world.ask("thanks")).end();
    const [second, first, ...rest] = await list();
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      message_id: turn.messageId,
      chat_id: turn.chatId,
      question: "Do tomatoes dream at night?",
      reason: "not_in_documents",
      handled_at: null,
    });
    expect(second).toMatchObject({ message_id: lost.messageId, reason: "nothing_found" });
    const query = "{ unanswered(first: 1) { edges { node { messageId reason question } } } }";
    expect((await graphql(query, {}, admin)).data.unanswered.edges).toEqual([
      { node: { messageId: lost.messageId, reason: "NOTHING_FOUND", question: "Xylophones?" } },
    ]);
    expect((await graphql(query)).errors[0]?.extensions.code).toBe("ADMIN_REQUIRED");
    expect((await call("/api/v1/admin/unanswered")).error.code).toBe("ADMIN_REQUIRED");

    const path = `/api/v1/admin/unanswered/${turn.messageId}`;
    const patch = { ...admin, method: "PATCH", body: JSON.stringify({ handled: true }) };
    expect((await call(path, patch)).handled_at).toMatch(/^\d{4}-/);
    await call(path, patch);
    expect((await list("?handled=true")).map((one) => one.message_id)).toEqual([turn.messageId]);
    expect((await list()).map((one) => one.message_id)).toEqual([lost.messageId]);
    const { items } = await call("/api/v1/admin/audit", admin);
    const told = items.filter(({ action }) => action === "unanswered.update");
    expect(told).toMatchObject([
      { target: turn.messageId, details: { changes: { handled: { old: false, new: true } } } },
    ]);
    expect(JSON.stringify(told)).not.toContain("dream");
    const mark =
      "mutation ($id: ID!) { markUnanswered(input: { messageId: $id, handled: false }) { unanswered { handledAt } } }";
    expect((await graphql(mark, { id: turn.messageId }, admin)).data.markUnanswered).toEqual({
      unanswered: { handledAt: null },
    });
    expect((await call("/api/v1/admin/unanswered/msg_none", patch)).error.code).toBe(
      "MESSAGE_NOT_FOUND",
    );

    await fetch(`${world.platform.url}/api/v1/chat/${turn.chatId}`, {
      method: "DELETE",
      headers: { "X-Tenant-ID": "garden", "X-Admin-Token": adminToken },
    });
    expect((await list()).map((one) => one.message_id)).toEqual([lost.messageId]);
  });
});
