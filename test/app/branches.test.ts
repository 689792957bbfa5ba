import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { messageSchema, turnSchema } from "../../api/rest/wire.ts";
import { insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { openWs, type FrameOf, type WsClient } from "../support/ws-client.ts";

let platform: Platform;
let socket: WsClient;

beforeAll(async () => {
  platform = await startPlatform();
  await insertTenant(platform, "garden");
  socket = await openWs(platform.wsUrl, { tenant_id: "garden" });
});

afterAll(async () => {
  await socket?.close();
  await platform?.close();
});

const pageSchema = z.object({ items: z.array(messageSchema), next: z.string().nullable() });

async function call(method: string, path: string, json?: object, headers: object = {}) {
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const type = json === undefined ? {} : { "Content-Type": "application/json" };
  return fetch(`${platform.url}/api/v1/chat/${path}`, {
    method,
    headers: { "X-Tenant-ID": "garden", ...type, ...headers },
    ...body,
  });
}

async function read<Schema extends z.ZodType>(response: Response, schema: Schema, status = 200) {
  const body: unknown = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(status);
  return schema.parse(body);
}

async function listTexts(chatId: string, query = ""): Promise<string[]> {
  const page = await read(await call("GET", `${chatId}/messages${query}`), pageSchema);
  return page.items.filter(({ role }) => role === "user").map(({ content }) => content);
}

async function listIds(chatId: string, query = ""): Promise<string[]> {
  const page = await read(await call("GET", `${chatId}/messages${query}`), pageSchema);
  return page.items.map(({ id }) => id);
}

const variants = z.object({ index: z.number(), count: z.number(), nextId: z.string().nullish() });
const node = z.object({ node: z.looseObject({ id: z.string(), variants }) });
const answerSchema = z.object({
  errors: z.array(z.unknown()).optional(),
  data: z.looseObject({
    chooseBranch: z
      .looseObject({
        parentId: z.string().nullable(),
        chat: z.object({ messages: z.object({ edges: z.array(node) }) }),
      })
      .nullish(),
    regenerateAnswer: z.unknown().optional(),
    editQuestion: z.unknown().optional(),
  }),
});

async function graphql(query: string, variables: object) {
  const response = await fetch(`${platform.url}/graphql`, {
    method: "POST",
    headers: { "X-Tenant-ID": "garden", "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return answerSchema.parse(await response.json());
}

/** Sends a frame that begins a turn, and waits for the turn's end. */
async function ask(type: string, data: object): Promise<FrameOf<"processing">["data"]> {
  socket.send(type, data);
  const { data: turn } = await socket.until("processing");
  const { data: ended } = await socket.until("response_complete");
  expect(ended.message_id).toBe(turn.message_id);
  return turn;
}

test("a branch that is begun at one door is shown, and left again, at every other", async () => {
  const first = await ask("chat_message", { message: "First", chat_id: null });
  const { chat_id } = first;
  const second = await ask("chat_message", { message: "Second" });
  const before = await listIds(chat_id);

  const again = await ask("regenerate", { message_id: first.message_id });
  expect(again).toMatchObject({ chat_id, question_id: first.question_id });
  expect(await listIds(chat_id)).toEqual([first.question_id, again.message_id]);
  expect(await listIds(chat_id, "?branches=all")).toEqual([...before, again.message_id]);

  const path = `${chat_id}/messages/${first.question_id}`;
  const edited = await read(await call("POST", `${path}/edit`, { content: "Edited" }), turnSchema);
  expect(edited.message).toMatchObject({
    content: "Edited",
    parent_id: null,
    chosen: true,
    variants: { index: 2, count: 2, previous_id: first.question_id, next_id: null },
  });
  expect(edited.reply).toMatchObject({ status: "complete", parent_id: edited.message.id });
  expect(await listTexts(chat_id)).toEqual(["Edited"]);

  const choose = `mutation ($id: ID!) { chooseBranch(input: { messageId: $id }) {
    parentId chat { messages { edges { node { id chosen variants { index count previousId nextId } } } } } } }`;
  const { data } = await graphql(choose, { id: second.question_id });
  expect(data.chooseBranch?.parentId).toBeNull();
  const nodes = data.chooseBranch?.chat.messages.edges.map((edge) => edge.node);
  expect(nodes).toMatchObject([
    { id: first.question_id, variants: { index: 1, count: 2, nextId: edited.message.id } },
    { id: first.message_id, variants: { index: 1, count: 2, nextId: again.message_id } },
    { id: second.question_id, chosen: true, variants: { index: 1, count: 1 } },
    { id: second.message_id },
  ]);
  expect(await listIds(chat_id)).toEqual(before);

  socket.send("choose_branch", { message_id: again.message_id });
  expect((await socket.until("branch_chosen")).data).toEqual({
    message_id: again.message_id,
    chat_id,
    parent_id: first.question_id,
  });
  expect(await listIds(chat_id)).toEqual([first.question_id, again.message_id]);

  const back = await call("POST", `${chat_id}/messages/${second.message_id}/choose`);
  const shown = await read(back, pageSchema.extend({ parent_id: z.string().nullable() }));
  expect(shown).toMatchObject({ parent_id: first.question_id, next: null });
  expect(shown.items.map(({ id }) => id)).toEqual(before.slice(1));

  const regenerate = `mutation ($id: ID!) { regenerateAnswer(input: { messageId: $id }) {
    question { id } answer { id parentId variants { index count } } chat { id } } }`;
  const made = (await graphql(regenerate, { id: second.message_id })).data.regenerateAnswer;
  expect(made).toMatchObject({
    question: { id: second.question_id },
    answer: { parentId: second.question_id, variants: { index: 2, count: 2 } },
    chat: { id: chat_id },
  });
  const edit = `mutation ($id: ID!) { editQuestion(input: { messageId: $id, content: "Third" }) {
    question { content parentId } } }`;
  const third = (await graphql(edit, { id: second.question_id })).data.editQuestion;
  expect(third).toEqual({ question: { content: "Third", parentId: first.message_id } });
  expect(await listTexts(chat_id)).toEqual(["First", "Third"]);
  expect(await listTexts(chat_id, "?branches=all")).toEqual(["First", "Second", "Edited", "Third"]);
});

test("a request that is sent again, whatever its door, begins no second branch", async () => {
  const { chat_id, message_id, question_id } = await ask("chat_message", {
    message: "Once",
    chat_id: null,
  });
  const key = "a-key-of-its-own-for-this";
  const path = `${chat_id}/messages/${message_id}/regenerate`;
  const headers = { "Idempotency-Key": key };
  const first = await read(await call("POST", path, undefined, headers), turnSchema);
  const again = await ask("regenerate", { message_id, client_message_id: key });
  expect(again.message_id).toBe(first.reply.id);
  expect(first.reply.client_message_id).toBe(key);

  const other = "another-key-of-its-own";
  const edited = await ask("edit", {
    message_id: question_id,
    message: "Two",
    client_message_id: other,
  });
  const edit = `mutation ($id: ID!, $key: String!) {
    editQuestion(input: { messageId: $id, content: "Two", clientMessageId: $key }) { answer { id } } }`;
  const { data } = await graphql(edit, { id: question_id, key: other });
  expect(data.editQuestion).toEqual({ answer: { id: edited.message_id } });
  expect(await listIds(chat_id, "?branches=all")).toHaveLength(5);
  const editPath = `${chat_id}/messages/${question_id}/edit`;
  const conflict = await call("POST", editPath, { content: "Three" }, { "Idempotency-Key": other });
  expect(conflict.status).toBe(409);
});

test("what can't be branched from is refused at every door, and says why", async () => {
  const { chat_id, message_id, question_id } = await ask("chat_message", {
    message: "Here",
    chat_id: null,
  });
  const elsewhere = await ask("chat_message", { message: "There", chat_id: null });
  const refusals = [
    [await call("POST", `${chat_id}/messages/${question_id}/regenerate`), "INVALID_REQUEST"],
    [
      await call("POST", `${chat_id}/messages/${message_id}/edit`, { content: "x" }),
      "INVALID_REQUEST",
    ],
    [
      await call("POST", `${chat_id}/messages/${question_id}/edit`, { content: " " }),
      "INVALID_REQUEST",
    ],
    [await call("POST", `${chat_id}/messages/msg_none/choose`), "MESSAGE_NOT_FOUND"],
    [await call("POST", `${chat_id}/messages/${elsewhere.message_id}/choose`), "MESSAGE_NOT_FOUND"],
    [await call("GET", `${chat_id}/messages?branches=some`), "INVALID_REQUEST"],
  ] as const;
  for (const [response, code] of refusals)
    expect(await response.json()).toMatchObject({ error: { code } });
  socket.send("regenerate", { message_id: question_id, client_message_id: "label" });
  expect((await socket.until("error")).data).toMatchObject({
    error_code: "INVALID_REQUEST",
    message_id: question_id,
    client_message_id: "label",
  });
  const { errors } = await graphql(
    `
      mutation {
        chooseBranch(input: { messageId: "msg_none" }) {
          parentId
        }
      }
    `,
    {},
  );
  expect(errors).toMatchObject([{ extensions: { code: "MESSAGE_NOT_FOUND" } }]);
  expect(await listIds(chat_id, "?branches=all")).toEqual([question_id, message_id]);
});
