import { describe, expect, test } from "vitest";
import { maxCommentLength } from "../../api/core/feedback.ts";
import { messageSchema, turnSchema } from "../../api/rest/wire.ts";
import { makeTenant } from "../support/tenant.ts";
import { createPlatform, messagePage, prefix, readBody, readError, type Call } from "./platform.ts";

/** A chat with one answered question. */
async function openAnswered(options: Parameters<typeof createPlatform>[0] = {}) {
  const platform = createPlatform({ pieces: ["An answer"], ...options });
  const chat = await platform.makeChat();
  const messages = `${prefix}/chat/${chat.id}/messages`;
  const headers = { "X-Visitor-Token": chat.token };
  const asked = await platform.call(messages, { json: { content: "?" }, headers });
  const { message: question, reply: answer } = await readBody(asked, turnSchema);
  const rate = (json: unknown, { id = answer.id, path = messages, ...more }: RateOptions = {}) =>
    platform.call(`${path}/${id}/feedback`, { method: "PUT", json, headers, ...more });
  return { ...platform, chat, messages, question, answer, rate, headers };
}

type RateOptions = Call & { readonly id?: string; readonly path?: string };

describe("feedback over REST", () => {
  test("is kept with the answer, replaced, and taken back", async () => {
    const { rate, answer, call, messages, headers } = await openAnswered();
    const down = { rating: "down", comment: "Größe “fehlt” 👎" } as const;
    const response = await rate(down);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const rated = await readBody(response, messageSchema);
    expect(rated).toEqual({ ...answer, feedback: down });
    const history = await readBody(await call(messages, { headers }), messagePage);
    expect(history.items[1]).toEqual(rated);
    expect(history.items[0]?.feedback).toBeNull();
    expect(await (await rate({ rating: "up" })).json()).toMatchObject({
      feedback: { rating: "up", comment: null },
    });
    expect(await (await rate({ rating: "up", comment: "" })).json()).toMatchObject({
      feedback: { rating: "up", comment: null },
    });
    expect(await (await rate({ rating: null, comment: "ignored" })).json()).toEqual(answer);
  });

  test.each([
    ["no rating", {}],
    ["an unknown rating", { rating: "sideways" }],
    ["a number for a comment", { rating: "up", comment: 1 }],
    ["a comment that is too long", { rating: "up", comment: "x".repeat(maxCommentLength + 1) }],
    ["a comment that the database can't hold", { rating: "up", comment: "\0" }],
    ["a list", []],
  ])("with %s is refused", async (_what, json) => {
    const { rate, call, messages, headers } = await openAnswered();
    expect(await readError(await rate(json))).toMatchObject({
      status: 400,
      code: "INVALID_REQUEST",
    });
    const history = await readBody(await call(messages, { headers }), messagePage);
    expect(history.items[1]?.feedback).toBeNull();
  });

  test("is for an answer that has ended, of that chat, and nothing else", async () => {
    const { rate, question, makeChat } = await openAnswered();
    const up = { rating: "up" };
    const onQuestion = await readError(await rate(up, { id: question.id }));
    expect(onQuestion).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
    const other = await makeChat();
    const elsewhere = [
      { id: "msg_00000000000000000000000000" },
      { id: "%00" },
      { path: `${prefix}/chat/${other.id}/messages` },
    ];
    for (const options of elsewhere) {
      const error = await readError(await rate(up, options));
      expect(error).toMatchObject({ status: 404, code: "MESSAGE_NOT_FOUND" });
    }
  });

  test("waits for the end of the turn", async () => {
    const { call, makeChat, answerer } = createPlatform();
    const { id } = await makeChat();
    const messages = `${prefix}/chat/${id}/messages`;
    const headers = { Prefer: "respond-async" };
    const asked = await call(messages, { json: { content: "?" }, headers });
    const { reply } = await readBody(asked, turnSchema);
    const json = { rating: "up" };
    const early = await call(`${messages}/${reply.id}/feedback`, { method: "PUT", json });
    expect(await readError(early)).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
    (await answerer.nextTurn()).finish();
  });

  test("is nobody's but the visitor's where the tenant keeps chats to their visitors", async () => {
    const tenants = [makeTenant("demo", { chat_access: "visitor" }), makeTenant("other")];
    const { rate, headers } = await openAnswered({ tenants });
    for (const wrong of [{}, { ...headers, "X-Tenant-ID": "other" }]) {
      const response = await rate({ rating: "up" }, { headers: wrong });
      expect(response.status).toBeGreaterThanOrEqual(401);
      expect(response.status).toBeLessThan(405);
    }
    expect((await rate({ rating: "up" })).status).toBe(200);
  });
});
