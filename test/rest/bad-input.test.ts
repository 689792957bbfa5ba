import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../api/core/errors.ts";
import { maxBodyBytes } from "../../api/rest/body.ts";
import { maxContextBytes } from "../../api/core/chat-context.ts";
import { createPlatform, prefix, readError, type Call } from "./platform.ts";

const chat = `${prefix}/chat`;
const messages = `${chat}/CHAT/messages`;
const typed = (type: string, body: string): Call => ({
  method: "POST",
  headers: { "Content-Type": type },
  body,
});
const json = (body: string) => typed("application/json", body);
const header = (name: string, value: string): Call => ({ headers: { [name]: value } });
const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
const wide = { text: "x".repeat(maxContextBytes) };
const someId = "msg_00000000000000000000000000";

/** CHAT stands for the id of a chat that is there. */
const cases: [what: string, path: string, call: Call, status: number, code: ErrorCode][] = [
  ["no such path", "/nothing/here", {}, 404, "NOT_FOUND"],
  ["no such path in the API", `${prefix}/nothing`, { method: "POST" }, 404, "NOT_FOUND"],
  ["no such path below chat", `${chat}/CHAT/nothing`, {}, 404, "NOT_FOUND"],
  ["a path that tries to leave its folder", "/..%2f..%2fpackage.json", {}, 404, "NOT_FOUND"],
  ["the wrong method", chat, { method: "PUT" }, 405, "METHOD_NOT_ALLOWED"],
  ["the wrong method on one chat", `${chat}/CHAT`, { method: "POST" }, 405, "METHOD_NOT_ALLOWED"],
  ["a method nobody knows", "/health", { method: "BREW" }, 405, "METHOD_NOT_ALLOWED"],

  ["a body that isn't JSON", chat, json("{"), 400, "INVALID_JSON"],
  ["a question that isn't JSON", messages, json("hello"), 400, "INVALID_JSON"],
  ["a body of another type", chat, typed("text/plain", "{}"), 415, "UNSUPPORTED_MEDIA_TYPE"],
  [
    "a form",
    messages,
    typed("application/x-www-form-urlencoded", "content=hi"),
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a compressed body",
    chat,
    { ...json("{}"), headers: { "Content-Type": "application/json", "Content-Encoding": "gzip" } },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a body that is too large",
    chat,
    json(`"${"x".repeat(maxBodyBytes)}"`),
    413,
    "PAYLOAD_TOO_LARGE",
  ],
  [
    "a question that is too large",
    messages,
    json(`"${"x".repeat(maxBodyBytes)}"`),
    413,
    "PAYLOAD_TOO_LARGE",
  ],
  ["a list in place of an object", chat, { json: [] }, 400, "INVALID_REQUEST"],
  ["null in place of an object", messages, { json: null }, 400, "INVALID_REQUEST"],
  ["depth in place of an object", chat, json(deep), 400, "INVALID_REQUEST"],

  ["a title that is a number", chat, { json: { title: 1 } }, 400, "INVALID_REQUEST"],
  ["a title that is empty", chat, { json: { title: " " } }, 400, "INVALID_REQUEST"],
  ["a title that is too long", chat, { json: { title: "x".repeat(201) } }, 400, "INVALID_REQUEST"],
  [
    "a label that is too long",
    chat,
    { json: { user_id: "x".repeat(129) } },
    400,
    "INVALID_REQUEST",
  ],
  ["a label that is an object", chat, { json: { visitor_id: {} } }, 400, "INVALID_REQUEST"],
  ["a context that is a list", chat, { json: { context: [] } }, 400, "INVALID_REQUEST"],
  ["a context that is too large", chat, { json: { context: wide } }, 400, "INVALID_REQUEST"],
  ["a context that is too deep", chat, json(`{"context":{"a":${deep}}}`), 400, "INVALID_REQUEST"],
  ["a context that holds NUL", chat, { json: { context: { a: ["\0"] } } }, 400, "INVALID_REQUEST"],
  [
    "a context with NUL in a name",
    chat,
    { json: { context: { "a\0": 1 } } },
    400,
    "INVALID_REQUEST",
  ],
  [
    "a context with a name that changes objects",
    chat,
    json('{"context":{"a":{"__proto__":{}}}}'),
    400,
    "INVALID_REQUEST",
  ],
  [
    "a context with half a character",
    chat,
    json('{"context":{"a":"\\ud800"}}'),
    400,
    "INVALID_REQUEST",
  ],
  [
    "a new name that is missing",
    `${chat}/CHAT`,
    { method: "PATCH", json: {} },
    400,
    "INVALID_REQUEST",
  ],
  [
    "a new name that is null",
    `${chat}/CHAT`,
    { method: "PATCH", json: { title: null } },
    400,
    "INVALID_REQUEST",
  ],

  ["no content", messages, { json: {} }, 400, "INVALID_REQUEST"],
  ["no body", messages, { method: "POST" }, 400, "INVALID_REQUEST"],
  ["content that is empty", messages, { json: { content: " \n\0" } }, 400, "INVALID_REQUEST"],
  [
    "content that is too long",
    messages,
    { json: { content: "x".repeat(16_001) } },
    400,
    "INVALID_REQUEST",
  ],
  ["content that is a list", messages, { json: { content: ["hi"] } }, 400, "INVALID_REQUEST"],
  [
    "an answer in the assistant's name",
    messages,
    { json: { content: "hi", role: "assistant" } },
    400,
    "INVALID_REQUEST",
  ],
  [
    "an order in the system's name",
    messages,
    { json: { content: "hi", role: "system" } },
    400,
    "INVALID_REQUEST",
  ],
  [
    "an empty message type",
    messages,
    { json: { content: "hi", message_type: "" } },
    400,
    "INVALID_REQUEST",
  ],
  [
    "a client_message_id that is too long",
    messages,
    { json: { content: "hi", client_message_id: "x".repeat(129) } },
    400,
    "INVALID_REQUEST",
  ],

  ["a chat that isn't there", `${chat}/chat_00000000000000000000000000`, {}, 404, "CHAT_NOT_FOUND"],
  ["a chat of an odd name", `${chat}/%00`, {}, 404, "CHAT_NOT_FOUND"],
  ["a chat of a broken name", `${chat}/%ff%fe`, {}, 404, "CHAT_NOT_FOUND"],
  [
    "a chat with a quote in its name",
    `${chat}/'%20or%201=1`,
    { method: "DELETE" },
    404,
    "CHAT_NOT_FOUND",
  ],
  ["a chat of a very long name", `${chat}/${"x".repeat(8000)}`, {}, 404, "CHAT_NOT_FOUND"],
  ["the history of an odd chat", `${chat}/__proto__/messages`, {}, 404, "CHAT_NOT_FOUND"],
  ["the events of an odd chat", `${chat}/%F0%9F%98%80/events`, {}, 404, "CHAT_NOT_FOUND"],
  [
    "a question to an odd chat",
    `${chat}/%00/messages`,
    { json: { content: "hi" } },
    404,
    "CHAT_NOT_FOUND",
  ],
  [
    "an answer that isn't there",
    `${messages}/${someId}/cancel`,
    { method: "POST" },
    404,
    "MESSAGE_NOT_FOUND",
  ],
  [
    "an answer of an odd name",
    `${messages}/%00/cancel`,
    { method: "POST" },
    404,
    "MESSAGE_NOT_FOUND",
  ],

  ["a limit of none", `${messages}?limit=0`, {}, 400, "INVALID_REQUEST"],
  ["a limit beyond the most", `${messages}?limit=101`, {}, 400, "INVALID_REQUEST"],
  ["a limit that is no number", `${messages}?limit=many`, {}, 400, "INVALID_REQUEST"],
  ["two limits", `${messages}?limit=1&limit=2`, {}, 400, "INVALID_REQUEST"],
  ["a page that nobody gave out", `${messages}?after=nonsense`, {}, 400, "INVALID_CURSOR"],

  ["an unknown tenant", `${chat}/CHAT`, header("X-Tenant-ID", "nobody"), 404, "TENANT_NOT_FOUND"],
  [
    "a malformed tenant",
    `${chat}/CHAT`,
    header("X-Tenant-ID", "Not--A_Tenant"),
    404,
    "TENANT_NOT_FOUND",
  ],
  [
    "a tenant of an endless name",
    `${chat}/CHAT`,
    header("X-Tenant-ID", "x".repeat(5000)),
    404,
    "TENANT_NOT_FOUND",
  ],
  ["a token nobody signed", `${chat}/CHAT`, header("X-Visitor-Token", "abc"), 401, "INVALID_TOKEN"],
  [
    "a bearer token nobody signed",
    chat,
    header("Authorization", "Bearer a.b.c"),
    401,
    "INVALID_TOKEN",
  ],
  ["a bearer without a token", chat, header("Authorization", "Bearer"), 401, "INVALID_TOKEN"],
  [
    "a token of an endless length",
    chat,
    header("X-Visitor-Token", "x".repeat(10_000)),
    401,
    "INVALID_TOKEN",
  ],
  [
    "a client id that is too long",
    `${chat}/CHAT`,
    header("X-Client-ID", "x".repeat(129)),
    400,
    "INVALID_REQUEST",
  ],
  [
    "an origin of nobody",
    `${chat}/CHAT`,
    header("Origin", "https://evil.example"),
    403,
    "ORIGIN_NOT_ALLOWED",
  ],
  ["an origin without a name", `${chat}/CHAT`, header("Origin", "null"), 403, "ORIGIN_NOT_ALLOWED"],
];

describe("bad input over REST gets its status and code in the one shape, and the server lives on", () => {
  test.each(cases)("%s", async (_what, path, call, status, code) => {
    const platform = createPlatform({ pieces: ["fine"] });
    const { id } = await platform.makeChat();
    const response = await platform.call(path.replace("CHAT", id), call);
    expect(response.headers.get("content-type")).toBe("application/json");
    const error = await readError(response);
    expect(error).toMatchObject({ status, code, request_id: response.headers.get("x-request-id") });
    expect(error.message).not.toBe("");
    expect(platform.logger.lines.filter(({ level }) => level === "error")).toEqual([]);

    const after = await platform.call(`${chat}/${id}/messages`, {
      json: { content: "still there?" },
    });
    expect(after.status).toBe(200);
  });
});
