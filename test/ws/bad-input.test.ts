import { afterAll, beforeAll, expect, test } from "vitest";
import { insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { openWs, RefusedError, type WsClient } from "../support/ws-client.ts";

let platform: Platform;
let client: WsClient;

beforeAll(async () => {
  platform = await startPlatform();
  await insertTenant(platform, "acme");
  await insertTenant(platform, "other");
  client = await openWs(platform.wsUrl, { tenant_id: "acme" });
  await client.next();
});

afterAll(() => platform?.close());

const frame = (type: unknown, data: unknown) => JSON.stringify({ type, data });

const badFrames: [name: string, text: string | Buffer, code: string][] = [
  ["no JSON", "hello", "INVALID_JSON"],
  ["half a frame", '{"type":"ping"', "INVALID_JSON"],
  ["an empty text", "", "INVALID_JSON"],
  ["a binary frame", Buffer.from([1, 2, 3]), "INVALID_REQUEST"],
  ["a number", "42", "INVALID_REQUEST"],
  ["null", "null", "INVALID_REQUEST"],
  ["a list", "[]", "INVALID_REQUEST"],
  ["no type", "{}", "INVALID_REQUEST"],
  ["a type that is a number", frame(7, {}), "INVALID_REQUEST"],
  ["an unknown type", frame("shout", {}), "UNKNOWN_FRAME_TYPE"],
  ["a type of the prototype", frame("__proto__", {}), "UNKNOWN_FRAME_TYPE"],
  ["no data", '{"type":"chat_message"}', "INVALID_REQUEST"],
  ["data that is a text", frame("chat_message", "hello"), "INVALID_REQUEST"],
  ["no message", frame("chat_message", {}), "INVALID_REQUEST"],
  ["a message that is an object", frame("chat_message", { message: {} }), "INVALID_REQUEST"],
  ["an empty message", frame("chat_message", { message: "" }), "INVALID_REQUEST"],
  ["a message of white space", frame("chat_message", { message: " \n\t" }), "INVALID_REQUEST"],
  ["a message of NULs", frame("chat_message", { message: "\0\0" }), "INVALID_REQUEST"],
  [
    "a message that is too long",
    frame("chat_message", { message: "x".repeat(16_001) }),
    "INVALID_REQUEST",
  ],
  [
    "a frame that is too long",
    frame("chat_message", { message: "x".repeat(70_000) }),
    "PAYLOAD_TOO_LARGE",
  ],
  [
    "a chat id that is a number",
    frame("chat_message", { message: "hi", chat_id: 1 }),
    "INVALID_REQUEST",
  ],
  ["an empty chat id", frame("chat_message", { message: "hi", chat_id: "" }), "INVALID_REQUEST"],
  [
    "an unknown chat",
    frame("chat_message", { message: "hi", chat_id: "chat_nobody" }),
    "CHAT_NOT_FOUND",
  ],
  [
    "a chat id with SQL",
    frame("chat_message", { message: "hi", chat_id: "' or 1=1 --" }),
    "CHAT_NOT_FOUND",
  ],
  [
    "a chat id with a NUL",
    frame("chat_message", { message: "hi", chat_id: "chat_\0" }),
    "CHAT_NOT_FOUND",
  ],
  [
    "stream that is a text",
    frame("chat_message", { message: "hi", stream: "yes" }),
    "INVALID_REQUEST",
  ],
  [
    "a client_message_id that is too long",
    frame("chat_message", { message: "hi", client_message_id: "x".repeat(129) }),
    "INVALID_REQUEST",
  ],
  ["resume of nothing", frame("resume", {}), "INVALID_REQUEST"],
  [
    "resume of an unknown message",
    frame("resume", { message_id: "msg_nobody" }),
    "MESSAGE_NOT_FOUND",
  ],
  [
    "a cursor that isn't ours",
    frame("resume", { message_id: "msg_nobody", cursor: "yesterday" }),
    "INVALID_CURSOR",
  ],
  ["cancel of nothing", frame("cancel", {}), "INVALID_REQUEST"],
  [
    "cancel of an unknown message",
    frame("cancel", { message_id: "msg_nobody" }),
    "MESSAGE_NOT_FOUND",
  ],
];

test.each(badFrames)(
  "%s is answered with an error frame, and the connection lives",
  async (_name, text, code) => {
    client.ws.send(text);
    const { data } = await client.until("error");
    expect(data.error_code).toBe(code);
    expect(data.message).toMatch(/\w/);
    client.send("ping");
    await client.until("pong");
  },
);

test("a frame larger than 1 MiB closes its connection alone", async () => {
  const loud = await openWs(platform.wsUrl, { tenant_id: "acme" });
  loud.sendText("x".repeat(1024 * 1024 + 1));
  expect(await loud.closed).toBe(1009);
  client.send("ping");
  await client.until("pong");
});

test("an error frame names the message that it refuses", async () => {
  client.send("chat_message", {
    message: "hi",
    chat_id: "chat_nobody",
    client_message_id: "mine-1",
  });
  expect((await client.until("error")).data).toMatchObject({
    chat_id: "chat_nobody",
    client_message_id: "mine-1",
  });
});

test("a message of another tenant can't be resumed or cancelled", async () => {
  client.send("chat_message", { message: "hello", chat_id: null });
  const { data } = await client.until("response_complete");
  const stranger = await openWs(platform.wsUrl, { tenant_id: "other" });
  for (const type of ["resume", "cancel"]) {
    stranger.send(type, { message_id: data.message_id });
    expect((await stranger.until("error")).data.error_code).toBe("MESSAGE_NOT_FOUND");
  }
  stranger.send("chat_message", { message: "hello", chat_id: data.chat_id });
  expect((await stranger.until("error")).data.error_code).toBe("CHAT_NOT_FOUND");
  await stranger.close();
});

const badHandshakes: [
  name: string,
  query: Record<string, string>,
  status: number,
  closeCode: number,
  code: string,
][] = [
  ["no tenant", {}, 400, 4400, "TENANT_REQUIRED"],
  ["an unknown tenant", { tenant_id: "nobody" }, 404, 4404, "TENANT_NOT_FOUND"],
  ["a malformed tenant", { tenant_id: "Acme'; drop" }, 404, 4404, "TENANT_NOT_FOUND"],
  [
    "a token that isn't ours",
    { tenant_id: "acme", token: "abc.def.ghi" },
    401,
    4401,
    "INVALID_TOKEN",
  ],
  [
    "a client_id that is too long",
    { tenant_id: "acme", client_id: "x".repeat(129) },
    400,
    4400,
    "INVALID_REQUEST",
  ],
];

test.each(badHandshakes)(
  "%s is refused before the upgrade with a status",
  async (_name, query, status, _close, code) => {
    const refused = await openWs(platform.wsUrl, query).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedError);
    if (!(refused instanceof RefusedError)) return;
    expect(refused.status).toBe(status);
    expect(JSON.parse(await refused.body).error.code).toBe(code);
  },
);

test.each(badHandshakes)(
  "in a browser %s is told by a frame and a close code",
  async (_name, query, _status, closeCode, code) => {
    const page = await openWs(platform.wsUrl, query, { origin: "http://localhost:3000" });
    expect((await page.until("error")).data.error_code).toBe(code);
    expect(await page.closed).toBe(closeCode);
  },
);

test("a page of an origin that is not allowed is refused", async () => {
  const page = await openWs(
    platform.wsUrl,
    { tenant_id: "acme" },
    { origin: "https://evil.example" },
  );
  expect((await page.until("error")).data.error_code).toBe("ORIGIN_NOT_ALLOWED");
  expect(await page.closed).toBe(4403);
});

test("all four paths, with and without the last slash, lead to the door", async () => {
  const host = platform.wsUrl.replace("/api/v1/ws/chat", "");
  const paths = ["/api/v1/ws/chat", "/api/v1/ws", "/ws", "/api/ws"].flatMap((path) => [
    path,
    `${path}/`,
  ]);
  for (const path of paths) {
    const client = await openWs(host + path, { tenant_id: "acme" });
    expect((await client.next()).type).toBe("connection_established");
    await client.close();
  }
  await expect(openWs(`${host}/elsewhere`, { tenant_id: "acme" })).rejects.toThrow("404");
});

test("a tenant's connections are bounded by its settings", async () => {
  await insertTenant(platform, "narrow", { limits: { concurrent_connections: 2 } });
  const open = await Promise.all([1, 2].map(() => openWs(platform.wsUrl, { tenant_id: "narrow" })));
  await expect(openWs(platform.wsUrl, { tenant_id: "narrow" })).rejects.toThrow("429");
  await open[0]?.close();
  await expect
    .poll(() =>
      openWs(platform.wsUrl, { tenant_id: "narrow" }).then(
        (next) => next.close(),
        () => "refused",
      ),
    )
    .toBeUndefined();
  await open[1]?.close();
});
