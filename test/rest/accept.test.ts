import { describe, expect, test } from "vitest";
import { createPlatform, messagePage, prefix, readBody } from "./platform.ts";

describe("what a posted message is answered as", () => {
  const cases: [
    accept: string | undefined,
    prefer: string | undefined,
    status: number,
    type: string,
  ][] = [
    [undefined, undefined, 200, "application/json"],
    ["*/*", undefined, 200, "application/json"],
    ["application/json", undefined, 200, "application/json"],
    ["text/event-stream", undefined, 200, "text/event-stream; charset=utf-8"],
    ["application/json, text/event-stream", undefined, 200, "text/event-stream; charset=utf-8"],
    ["text/*", undefined, 200, "text/event-stream; charset=utf-8"],
    ["application/json, text/event-stream;q=0.5", undefined, 200, "application/json"],
    ["text/event-stream;q=0, */*", undefined, 200, "application/json"],
    ["text/event-stream", "respond-async", 200, "text/event-stream; charset=utf-8"],
    ["application/json", "respond-async", 202, "application/json"],
    [undefined, "respond-asynchronously", 200, "application/json"],
    ["image/png", undefined, 406, "application/json"],
  ];
  test.each(cases)("Accept: %s, Prefer: %s → %i %s", async (accept, prefer, status, type) => {
    const { call, makeChat } = createPlatform({ pieces: ["!"] });
    const path = `${prefix}/chat/${(await makeChat()).id}/messages`;
    const headers = {
      ...(accept ? { Accept: accept } : {}),
      ...(prefer ? { Prefer: prefer } : {}),
    };
    const response = await call(path, { json: { content: "?" }, headers });
    expect([response.status, response.headers.get("content-type")]).toEqual([status, type]);
    await response.text();
    if (status === 406) expect((await readBody(await call(path), messagePage)).items).toEqual([]);
  });
});
