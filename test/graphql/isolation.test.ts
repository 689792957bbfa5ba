import { beforeEach, describe, expect, test } from "vitest";
import { adminToken } from "../rest/platform.ts";
import { makeTenant } from "../support/tenant.ts";
import { openPlatform, sendMessage, until, type GraphqlPlatform, type Sent } from "./client.ts";

const other = { "X-Tenant-ID": "other" };

describe("one tenant's ids are nothing to another", () => {
  let platform: GraphqlPlatform;
  let sent: Sent["sendMessage"];
  let document: string;
  let token: string;

  beforeEach(async () => {
    platform = openPlatform({
      tenants: [makeTenant("demo"), makeTenant("other")],
      pieces: ["The secret of demo"],
    });
    const input = { content: "A secret question", clientMessageId: "0123456789abcdef" };
    ({ sendMessage: sent } = await platform.ask<Sent>(sendMessage, { input }));
    token = sent.visitorToken ?? "";
    await until(() => platform.log.size === 0);
    const put = await platform.ask<{ putDocument: { document: { id: string } } }>(
      'mutation { putDocument(input: {source: "a", text: "secret"}) { document { id } } }',
      {},
      { "X-Admin-Token": adminToken },
    );
    document = put.putDocument.document.id;
  });

  test.each<[name: string, query: string, code: string]>([
    ["chat", "{ chat(id: CHAT) { id title } }", "CHAT_NOT_FOUND"],
    ["message", "{ message(id: ANSWER) { id content } }", "MESSAGE_NOT_FOUND"],
    [
      "renameChat",
      'mutation { renameChat(input: {chatId: CHAT, title: "x"}) { chat { id } } }',
      "CHAT_NOT_FOUND",
    ],
    [
      "deleteChat",
      "mutation { deleteChat(input: {chatId: CHAT}) { deletedChatId } }",
      "CHAT_NOT_FOUND",
    ],
    [
      "sendMessage",
      'mutation { sendMessage(input: {chatId: CHAT, content: "x"}) { chat { id } } }',
      "CHAT_NOT_FOUND",
    ],
    [
      "cancelTurn",
      "mutation { cancelTurn(input: {messageId: ANSWER}) { message { id } } }",
      "MESSAGE_NOT_FOUND",
    ],
    [
      "giveFeedback",
      "mutation { giveFeedback(input: {messageId: ANSWER, rating: UP}) { message { id } } }",
      "MESSAGE_NOT_FOUND",
    ],
    ["turnEvents", "subscription { turnEvents(chatId: CHAT) { place } }", "CHAT_NOT_FOUND"],
    [
      "messageEvents",
      "subscription { messageEvents(messageId: ANSWER) { place } }",
      "MESSAGE_NOT_FOUND",
    ],
    [
      "deleteDocument",
      "mutation { deleteDocument(input: {documentId: DOCUMENT}) { deletedDocumentId } }",
      "DOCUMENT_NOT_FOUND",
    ],
  ])("%s", async (_name, template, code) => {
    const query = template
      .replace("CHAT", JSON.stringify(sent.chat.id))
      .replace("ANSWER", JSON.stringify(sent.answer.id))
      .replace("DOCUMENT", JSON.stringify(document));
    const headers = { ...other, "X-Admin-Token": adminToken };
    const response = await platform.call("/graphql", {
      json: { query },
      headers: { ...headers, Accept: "application/json, text/event-stream" },
    });
    const text = await response.text();
    expect(text).toContain(`"code":"${code}"`);
    expect(text).not.toContain("secret");
  });

  test("node and nodes", async () => {
    const query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }";
    const ids = [sent.chat.id, sent.question.id, sent.answer.id, document];
    const headers = { ...other, "X-Admin-Token": adminToken };
    expect(await platform.ask(query, { ids }, headers)).toEqual({
      nodes: [null, null, null, null],
    });
  });

  test("a visitor's token and a clientMessageId", async () => {
    const stranger = { ...other, "X-Visitor-Token": token };
    expect(await platform.refusal("{ __typename }", {}, stranger)).toEqual(["INVALID_TOKEN"]);
    const input = { content: "Another question", clientMessageId: "0123456789abcdef" };
    const again = await platform.ask<Sent>(sendMessage, { input }, other);
    expect(again.sendMessage.answer.id).not.toBe(sent.answer.id);
  });
});

test("unknown, suspended and malformed tenants are refused alike", async () => {
  const { call, tenants } = openPlatform({ tenants: [makeTenant("demo"), makeTenant("gone")] });
  tenants.suspend("gone");
  const answers = await Promise.all(
    ["nobody", "gone", "No Such_Tenant!", "../demo"].map(async (id) => {
      const json = { query: "{ tenant { id } }" };
      const response = await call("/graphql", { json, headers: { "X-Tenant-ID": id } });
      return `${response.status} ${await response.text()}`;
    }),
  );
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]).toMatch(/^404 .*TENANT_NOT_FOUND/);
});
