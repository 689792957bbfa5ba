import { describe, expect, test } from "vitest";
import { turnSchema } from "../../api/rest/wire.ts";
import { createPlatform, messagePage, prefix, readBody, readError } from "./platform.ts";

async function openChat() {
  const platform = createPlatform({ pieces: ["once"] });
  const chat = await platform.makeChat();
  const path = `${prefix}/chat/${chat.id}/messages`;
  const post = (key: string, json: object = {}) =>
    platform.call(path, { json: { content: "?", ...json }, headers: { "Idempotency-Key": key } });
  const count = async () => (await readBody(await platform.call(path), messagePage)).items.length;
  return { ...platform, path, post, count };
}

describe("an Idempotency-Key", () => {
  test("finds the same turn again and never asks twice", async () => {
    const { post, count } = await openChat();
    const first = await readBody(await post("key-1"), turnSchema);
    expect(first.message.client_message_id).toBe("key-1");
    expect(await readBody(await post("key-1"), turnSchema)).toEqual(first);
    expect(await count()).toBe(2);
    await post("key-2");
    expect(await count()).toBe(4);
  });

  test("is the client_message_id of the body, however the question is sent again", async () => {
    const { post, call, path, count } = await openChat();
    const key = "8e03978e-40d5-43e8-bc93-6894a57f9324";
    const first = await readBody(await post(key), turnSchema);
    const json = { content: "?", client_message_id: key };
    for (const response of [
      await call(path, { json }),
      await post(key, { client_message_id: key }),
      await post(key, { client_message_id: null }),
      await post(`"${key}"`),
    ])
      expect(await readBody(response, turnSchema)).toEqual(first);
    expect(await count()).toBe(2);
  });

  test("that differs from the body's is refused, and nothing is asked", async () => {
    const { post, count } = await openChat();
    const refused = await readError(await post("key-1", { client_message_id: "key-2" }));
    expect(refused).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
    expect(await count()).toBe(0);
  });

  test("of another question is refused", async () => {
    const { post } = await openChat();
    await post("key-1");
    const refused = await readError(await post("key-1", { content: "Something else" }));
    expect(refused).toMatchObject({ status: 409, code: "IDEMPOTENCY_CONFLICT" });
  });

  test.each([
    ["empty", ""],
    ["an empty string", '""'],
    ["too long", "x".repeat(129)],
    ["not of ASCII", "schl\u00fcssel"],
  ])("that is %s is refused", async (_name, key) => {
    const { post, count } = await openChat();
    expect(await readError(await post(key))).toMatchObject({
      status: 400,
      code: "INVALID_REQUEST",
    });
    expect(await count()).toBe(0);
  });

  test("is documented, and pages may send it", async () => {
    const { call } = await openChat();
    const document = (await (await call("/openapi.json")).json()) as {
      paths: Record<string, { post?: { parameters: { name: string; in: string }[] } }>;
    };
    const operation = document.paths[`${prefix}/chat/{chat_id}/messages`]?.post;
    expect(operation?.parameters).toContainEqual(
      expect.objectContaining({ name: "idempotency-key", in: "header", required: false }),
    );
    const preflight = await call(`${prefix}/chat`, {
      method: "OPTIONS",
      headers: { Origin: "http://localhost:3000", "Access-Control-Request-Method": "POST" },
    });
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
  });
});
