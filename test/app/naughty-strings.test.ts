import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { schema } from "../../api/graphql/schema.ts";
import { createRecordingLogger } from "../support/logger.ts";
import { adminToken, insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { openWs } from "../support/ws-client.ts";
import { makeGraphqlForms } from "./naughty/graphql-forms.ts";
import { laneCount, sweep, type Form } from "./naughty/probe.ts";
import { makeFrameForms, makeHandshakeForms } from "./naughty/raw-forms.ts";
import { ask, isHeader, makeRestForms, newTenantId, type RestDoor } from "./naughty/rest-forms.ts";
import { naughtyStrings } from "./naughty/strings.ts";

const logger = createRecordingLogger();
let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ overrides: { logger } });
});
afterAll(() => platform?.close());

/** Every field takes all of them with `npm run test:strings`; else one of so many, and all fields together take all. */
const share = process.env.NAUGHTY_STRINGS === "all" ? 1 : 5;

const limits = { messages_per_minute: 1_000_000, messages_per_day: 1_000_000 };

/** A tenant of a door's own, where one door alone searches for what is asked; with a document, and for each lane a chat with an ended answer. */
async function openTenant(id: string, rag: boolean) {
  await insertTenant(platform, id, { limits, features: { rag } });
  const { fetch } = platform.app;
  const headers = { "X-Tenant-ID": id, "X-Admin-Token": adminToken };
  const door: RestDoor = { fetch, headers, pathValue: () => "" };
  const chat = "/api/v1/chat";
  const lanes = await Promise.all(
    Array.from({ length: laneCount }, async () => {
      const { body: made } = await ask(door, "post", chat, {}, {});
      const chatId = String(Object(made).id);
      const question = { content: "Is anybody there?" };
      const { body: turn } = await ask(door, "post", `${chat}/${chatId}/messages`, {}, question);
      const { message, reply } = Object(turn);
      return { chatId, answerId: String(reply.id), questionId: String(message.id) };
    }),
  );
  const document = { source: "naughty.md", content: "# Strings\n\nAll of them are naughty." };
  const { body } = await ask(door, "post", "/api/v1/admin/documents", {}, document);
  const documentId = String(Object(body).id);

  async function run(query: string, variables: object): Promise<unknown> {
    const isStream = query.startsWith("subscription");
    const more = isStream ? { Accept: "text/event-stream" } : {};
    const { body } = await ask(door, "post", "/graphql", more, { query, variables });
    return body;
  }
  return {
    door,
    run,
    /** What an id of that name stands for. @param field of GraphQL's, or a path of REST's. */
    idFor(name: string, lane: number, field = ""): string {
      const at = lanes[lane];
      if (field === "createTenant") return newTenantId();
      if (field === "updateTenant") return id;
      if (name === "id" || /^chat_?id$/i.test(name)) return at?.chatId ?? "";
      const isEdited = /\/edit$|^editQuestion$/.test(field);
      if (/^message_?id$/i.test(name)) return (isEdited ? at?.questionId : at?.answerId) ?? "";
      return /^document_?id$/i.test(name) ? documentId : id;
    },
  };
}

/** Runs the forms one after another. @returns how often each of their fields was kept. */
async function sweepAll(forms: readonly Form[], strings = naughtyStrings) {
  const counts = new Map<string, number>();
  const faults: string[] = [];
  for (const [number, form] of forms.entries()) {
    const isInHeader = form.name.endsWith("(header)");
    const given = isInHeader ? strings.filter(isHeader) : strings;
    // Ids and cursors are many and alike: each takes a third of the strings, and together they take all.
    const parts = form.silent && !isInHeader ? 3 * share : share;
    const swept = await sweep(
      form,
      given.filter((_, n) => (n + number) % parts === 0),
    );
    faults.push(...swept.faults);
    for (const field of form.silent ? [] : form.fields) {
      counts.set(`${form.name} ${field}`, swept.kept.get(field) ?? 0);
    }
  }
  expect(faults.slice(0, 20)).toEqual([]);
  expect(logger.lines.filter(({ level }) => level === "error")).toEqual([]);
  return counts;
}

/** Most strings are short and harmless to store: a field that keeps few of them isn't tested. */
function expectKept(counts: ReadonlyMap<string, number>, rare: RegExp, least: number): void {
  const few = [...counts].filter(([name, count]) => count < 350 / share && !rare.test(name));
  expect(few).toEqual([]);
  expect(counts.size).toBeGreaterThanOrEqual(least);
}

const timeout = share === 1 ? 900_000 : 240_000;
/** What takes a form of its own, which hardly any of the strings has; tokens are none of them. */
const rare = / (?:url|id|domain|origins|settings key|include|exclude|expires_at|visitor_?token)$/i;

test("REST keeps each as it is, or refuses it", { timeout }, async () => {
  const { door, idFor } = await openTenant("rest", true);
  const asked = { ...door, pathValue: idFor };
  const { body: document } = await ask(door, "get", "/openapi.json");
  const counts = await sweepAll(makeRestForms(asked, Object(document)));
  expectKept(counts, rare, 20);
});

test("the raw WebSocket keeps each as it is, or refuses it", { timeout }, async () => {
  const { run, idFor } = await openTenant("raw", false);
  const query = { tenant_id: "raw" };
  const clients = await Promise.all(
    Array.from({ length: laneCount }, () => openWs(platform.wsUrl, query)),
  );
  for (const client of clients) await client.next();
  const message = `query ($id: ID!) { message(id: $id) { content clientMessageId feedback { comment } } }`;
  const door = {
    wsUrl: platform.wsUrl,
    tenantId: "raw",
    clients,
    answerId: (lane: number) => idFor("message_id", lane),
    questionId: (lane: number) => idFor("message_id", lane, "editQuestion"),
    findMessage: (id: string) => run(message, { id }),
    findChat: (id: string) => run("query ($id: ID!) { chat(id: $id) { userId } }", { id }),
  };
  const counts = await sweepAll(makeFrameForms(door));
  // What stands in an address is well-formed, or was made so by who wrote it there.
  const inAddress = naughtyStrings.filter((text) => text.isWellFormed());
  const handshakes = await sweepAll(makeHandshakeForms(door), inAddress);
  expectKept(new Map([...counts, ...handshakes]), rare, 5);
  for (const client of clients) client.drop();
});

test("GraphQL keeps each as it is, or refuses it", { timeout }, async () => {
  const { door, run, idFor } = await openTenant("graphql", false);
  const events = "subscription ($id: ID!) { messageEvents(messageId: $id) { __typename } }";
  const forms = makeGraphqlForms(
    {
      run,
      idFor,
      drain: async (id) => void (await run(events, { id })),
      readDocument: async (id) => (await ask(door, "get", `/api/v1/admin/documents/${id}`)).body,
      revokeKey: async (id) => void (await ask(door, "delete", `/api/v1/admin/keys/${id}`)),
    },
    schema,
  );
  const counts = await sweepAll(forms);
  expectKept(counts, rare, 20);
});

test("what no header can hold is refused before it is one", async () => {
  const { port } = new URL(platform.url);
  for (const text of ["\0", "a\0b", "a\rb", "\u0001", "\u007f", "\u001b[31m"]) {
    const socket = connect(Number(port), "127.0.0.1");
    const head = ["GET /api/v1/chat HTTP/1.1", "Host: x", `X-Client-ID: ${text}`, "", ""];
    socket.end(head.join("\r\n"));
    let answer = "";
    for await (const part of socket) answer += String(part);
    expect(answer, JSON.stringify(text)).toMatch(/^HTTP\/1.1 400 /);
  }
});
