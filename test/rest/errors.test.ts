import { describe, expect, test } from "vitest";
import { maxBodyBytes } from "../../api/rest/body.ts";
import { createPlatform, prefix, readError } from "./platform.ts";

const chat = `${prefix}/chat`;

describe("an error over REST", () => {
  test("every field at fault is named", async () => {
    const { call } = createPlatform();
    const response = await call(chat, { json: { title: 5, user_id: [], context: 1 } });
    const { message, details } = await readError(response);
    expect(details?.map(({ path }) => path)).toEqual(["title", "user_id", "context"]);
    expect(message).toBe(`title: ${details?.[0]?.message}`);
  });

  test("a wrong method is told the right ones", async () => {
    const { call } = createPlatform();
    expect((await call(`${chat}/`, { method: "PUT" })).headers.get("allow")).toBe(
      "GET, HEAD, POST",
    );
    expect((await call(`${chat}/x`, { method: "POST" })).headers.get("allow")).toBe(
      "GET, HEAD, PATCH, DELETE",
    );
    expect((await call("/docs", { method: "DELETE" })).headers.get("allow")).toBe("GET, HEAD");
  });

  test("a body without an end is refused at its limit", async () => {
    const { call } = createPlatform();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1024;
        controller.enqueue(new Uint8Array(1024).fill(32));
      },
    });
    const response = await call(chat, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" },
    });
    expect(await readError(response)).toMatchObject({ status: 413, code: "PAYLOAD_TOO_LARGE" });
    expect(sent).toBeLessThan(maxBodyBytes * 2);
  });

  test("a fault of ours is masked, logged with its request id, and nothing of it is sent", async () => {
    const secret = new Error("password=hunter2");
    const { call, makeChat, logger } = createPlatform({
      turns: {
        saveTurn: async () => {
          throw secret;
        },
      },
    });
    const { id } = await makeChat();
    const response = await call(`${chat}/${id}/messages`, {
      json: { content: "?" },
      headers: { "X-Request-ID": "req-7" },
    });
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain("hunter2");
    expect(JSON.parse(text).error).toMatchObject({ code: "INTERNAL_ERROR", request_id: "req-7" });
    const logged = logger.lines.filter(({ level }) => level === "error");
    expect(logged).toHaveLength(1);
    expect(logged[0]?.fields).toMatchObject({
      err: secret,
      request_id: "req-7",
      tenant_id: "demo",
    });
  });
});
