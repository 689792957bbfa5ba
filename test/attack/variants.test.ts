import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { listFrames } from "./surface/frames.ts";
import { listGraphqlOperations } from "./surface/graphql-operations.ts";
import { listRestOperations } from "./surface/openapi.ts";
import { planVariants } from "./trial/variants.ts";

function restOperation(parameters: readonly object[], more: object = {}) {
  const responses = { 200: { content: { "application/json": {} } } };
  const get = { security: [{}, { bearer: [] }], parameters, responses, ...more };
  const [operation] = listRestOperations({ paths: { "/api/v1/chat/{chat_id}/new": { get } } });
  if (!operation) throw new Error("There is no operation");
  return operation;
}

const chatId = { in: "path", name: "chat_id", required: true };

test("an operation is covered the day it is written, where its inputs are known", () => {
  const plan = planVariants(restOperation([chatId, { in: "query", name: "last_event_id" }]));
  expect("variants" in plan && plan.variants.map(({ name }) => name)).toEqual([
    "visitor's chat, chat_id: chat",
    "user's chat, chat_id: chat",
    "nobody's chat, chat_id: chat",
    "visitor's chat, chat_id: chat, last_event_id: place",
    "user's chat, chat_id: chat, last_event_id: place",
    "nobody's chat, chat_id: chat, last_event_id: place",
    "visitor's chat, chat_id: chat, own last_event_id: place",
    "user's chat, chat_id: chat, own last_event_id: place",
    "nobody's chat, chat_id: chat, own last_event_id: place",
    "visitor's chat, own chat_id: chat, last_event_id: place",
    "user's chat, own chat_id: chat, last_event_id: place",
    "nobody's chat, own chat_id: chat, last_event_id: place",
  ]);
});

test("an input that nobody knows is told by its name", () => {
  const unknown = [{ in: "query", name: "shelf_id" }];
  expect(planVariants(restOperation([chatId, ...unknown]))).toEqual({
    unknown: ["query.shelf_id"],
  });
  const schema = buildSchema(`
    type Query { shelf(shelfId: ID!): String }
    type Mutation { sort(input: SortInput!): String }
    input SortInput { chatId: ID! by: String }
  `);
  expect(listGraphqlOperations(schema).map(planVariants)).toEqual([
    { unknown: ["shelfId"] },
    { unknown: ["input.by"] },
  ]);
});

test("who may is read from what the operation says of itself", () => {
  const accessOf = (more: object) => restOperation([chatId], more).access;
  expect(accessOf({ security: [] })).toBe("public");
  expect(accessOf({})).toBe("person");
  expect(accessOf({ security: [{ bearer: [] }] })).toBe("admin");
  const platform = { security: [{ bearer: [] }], description: "For the platform's admin." };
  expect(accessOf(platform)).toBe("platform");
  const schema = buildSchema(`type Query { "For admins." a: String  b: String }`);
  expect(listGraphqlOperations(schema).map(({ access }) => access)).toEqual(["admin", "person"]);
});

test("every frame that a client may send is known with all that it takes", () => {
  const frames = listFrames();
  expect(frames.map(({ name }) => name)).toContain("frame chat_message");
  for (const frame of frames) expect(planVariants(frame)).toHaveProperty("variants");
  const resume = frames.find(({ name }) => name === "frame resume");
  const values = new Map([["data.message_id", "msg_1"]]);
  expect(resume?.build(values)).toEqual({
    type: "frame",
    frame: { type: "resume", data: { message_id: "msg_1" } },
  });
});
