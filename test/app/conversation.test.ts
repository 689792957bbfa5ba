import { afterAll, beforeAll, expect, test } from "vitest";
import { insertTenant, startPlatform, teach, type Platform } from "../support/platform.ts";
import { assemble, openWs } from "../support/ws-client.ts";

let platform: Platform;
const question = "How should I water and feed tomatoes?";

beforeAll(async () => {
  platform = await startPlatform({ env: { EXTRACTIVE_PACE_MS: "30" } });
  await insertTenant(platform, "garden");
  await teach(platform, "garden");
});

afterAll(() => platform?.close());

interface StoredMessage {
  id: string;
  role: string;
  content: string;
  sources: unknown;
}

async function readHistory(chatId: string): Promise<{ items: StoredMessage[] }> {
  const path = `/api/v1/chat/${chatId}/messages`;
  const response = await fetch(platform.url + path, { headers: { "X-Tenant-ID": "garden" } });
  return (await response.json()) as { items: StoredMessage[] };
}

test("a turn sends the seed's frames in order, with its fields and types", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "garden", client_id: "client-123" });
  client.send("chat_message", { message: question, stream: true });
  await client.until("response_complete");
  const [hello, processing, start, ...rest] = client.frames;
  expect(hello).toMatchObject({
    type: "connection_established",
    data: {
      client_id: "client-123",
      tenant_id: "garden",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  });
  expect(processing).toMatchObject({
    type: "processing",
    data: { message: "Processing your request..." },
  });
  const ids = { message_id: expect.any(String), chat_id: expect.any(String) };
  expect(start).toMatchObject({
    type: "response_start",
    data: { ...ids, attempt: 1, cursor: expect.any(String) },
  });
  const chunks = rest.slice(0, -1);
  expect(chunks.length).toBeGreaterThan(3);
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({
      type: "response_chunk",
      data: { ...ids, content: expect.any(String) },
    });
    expect(Object.keys(chunk.data).slice(0, 2)).toEqual(["message_id", "content"]);
  }
  expect(rest.at(-1)).toMatchObject({
    type: "response_complete",
    data: {
      ...ids,
      total_tokens: expect.any(Number),
      cost_estimate: 0,
      sources: expect.arrayContaining([
        expect.objectContaining({ title: "Garden guide", number: 1 }),
      ]),
      total_chunks: chunks.length,
      finish_reason: "stop",
    },
  });
  await client.close();
});

test("the text is the same over WebSocket, over SSE and in the history", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
  client.send("chat_message", { message: question });
  const { data } = await client.until("processing");
  const events = await fetch(`${platform.url}/api/v1/chat/${data.chat_id}/events`, {
    headers: { "X-Tenant-ID": "garden", Accept: "text/event-stream" },
  });
  const [complete, sse] = await Promise.all([
    client.until("response_complete"),
    readUntilComplete(events),
  ]);
  const overWs = assemble(client.frames, data.message_id);
  const overSse = assemble(sse, data.message_id);
  const history = await readHistory(data.chat_id);
  const stored = history.items.find((item) => item.id === data.message_id);
  expect(overWs.text).toBe(stored?.content);
  expect(overSse.text).toBe(stored?.content);
  expect(stored?.content).toContain("Water tomatoes at the root in the morning");
  expect(stored?.sources).toEqual(complete.data.sources);
  expect(complete.data.total_chunks).toBe(overWs.chunks);
  await client.close();
});

test("whoever has seen response_complete finds the answer in the history", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
  for (let round = 0; round < 5; round += 1) {
    client.send("chat_message", { message: question, chat_id: null });
    const { data } = await client.until("response_complete");
    const history = await readHistory(data.chat_id);
    expect(history.items[1]).toMatchObject({
      id: data.message_id,
      status: "complete",
      total_tokens: data.total_tokens,
    });
  }
  await client.close();
});

test("dropped after any piece and resumed, the text is whole and nothing comes twice", async () => {
  const whole = await openWs(platform.wsUrl, { tenant_id: "garden" });
  whole.send("chat_message", { message: question });
  const first = await whole.until("response_complete");
  const expected = assemble(whole.frames, first.data.message_id).text;
  await whole.close();

  for (let n = 0; n <= first.data.total_chunks; n += 1) {
    const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
    client.send("chat_message", { message: question });
    const { data } = await client.until("response_start");
    for (let chunk = 0; chunk < n; chunk += 1) {
      const frame = await client.next();
      if (frame.type !== "response_chunk") break;
    }
    const seen = [...client.frames];
    client.drop();
    const again = await openWs(platform.wsUrl, { tenant_id: "garden" });
    again.send("resume", {
      message_id: data.message_id,
      cursor: assemble(seen, data.message_id).cursor,
    });
    if (assemble(seen, data.message_id).ends.length === 0) await again.until("response_complete");
    const result = assemble([...seen, ...again.frames], data.message_id);
    expect(result.text).toBe(expected);
    expect(result.ends).toHaveLength(1);
    await again.close();
  }
});

test("a turn is resumed from its cursor after a restart of the server", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
  client.send("chat_message", { message: question });
  await client.until("response_chunk");
  const seen = [...client.frames];
  const { data } = await client.until("response_complete");
  const whole = assemble(client.frames, data.message_id);
  await client.close();
  await platform.stop();
  platform = await startPlatform({
    env: { EXTRACTIVE_PACE_MS: "30" },
    database: platform.database,
  });
  const again = await openWs(platform.wsUrl, { tenant_id: "garden" });
  again.send("resume", {
    message_id: data.message_id,
    cursor: assemble(seen, data.message_id).cursor,
  });
  await again.until("response_complete");
  expect(assemble([...seen, ...again.frames], data.message_id).text).toBe(whole.text);
  await again.close();
});

test("stream: false gives the same frames with one chunk", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
  client.send("chat_message", { message: question, stream: false });
  const { data } = await client.until("response_complete");
  expect(client.frames.map((frame) => frame.type)).toEqual([
    "connection_established",
    "processing",
    "response_start",
    "response_chunk",
    "response_complete",
  ]);
  expect(data.total_chunks).toBe(1);
  await client.close();
});

test("cancel ends the turn with the text so far, which is what is stored", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
  client.send("chat_message", { message: question });
  const { data } = await client.until("response_chunk");
  client.send("cancel", { message_id: data.message_id });
  const complete = await client.until("response_complete");
  expect(complete.data.finish_reason).toBe("cancelled");
  const { text } = assemble(client.frames, data.message_id);
  const history = await readHistory(data.chat_id);
  expect(history.items[1]).toMatchObject({ content: text, finish_reason: "cancelled" });
  await client.close();
});

test("the same client_message_id after a lost connection finds the same turn", async () => {
  const message = { message: question, client_message_id: "0d8f6f6e-question" };
  const client = await openWs(platform.wsUrl, { tenant_id: "garden", client_id: "retry-client" });
  client.send("chat_message", message);
  const first = await client.until("processing");
  client.drop();
  const again = await openWs(platform.wsUrl, { tenant_id: "garden", client_id: "retry-client" });
  again.send("chat_message", message);
  const second = await again.until("processing");
  expect(second.data).toEqual(first.data);
  await again.until("response_complete");
  const history = await readHistory(first.data.chat_id);
  expect(history.items).toHaveLength(2);
  again.send("chat_message", { ...message, message: "Something else" });
  expect((await again.until("error")).data).toMatchObject({ error_code: "IDEMPOTENCY_CONFLICT" });
  await again.close();
});

test("messages without a chat_id go on in one chat, and its turns run one after another", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
  for (const text of ["Tell me about tomatoes", "And about beans?", "hello"])
    client.send("chat_message", { message: text });
  const ends = [];
  for (let turn = 0; turn < 3; turn += 1) ends.push((await client.until("response_complete")).data);
  expect(new Set(ends.map((end) => end.chat_id)).size).toBe(1);
  const history = await readHistory(ends[0]?.chat_id ?? "");
  const answers = history.items.filter((item) => item.role === "assistant");
  expect(answers.map((item) => item.id)).toEqual(ends.map((end) => end.message_id));
  await client.close();
});

test("each turn leaves its usage in the tenant's analytics", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "garden" });
  client.send("chat_message", { message: question });
  const { data } = await client.until("response_complete");
  const rows = await platform.adminSql(
    "select * from tenant_garden.analytics where message_id = $1",
    [data.message_id],
  );
  expect(rows).toEqual([
    expect.objectContaining({
      outcome: "stop",
      total_tokens: data.total_tokens,
      first_chunk_ms: expect.any(Number),
    }),
  ]);
  await client.close();
});

async function readUntilComplete(response: Response) {
  const frames = [];
  let text = "";
  for await (const part of response.body ?? []) {
    text += new TextDecoder().decode(part, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const line = event.split("\n").find((row) => row.startsWith("data:"));
      if (line) frames.push(JSON.parse(line.slice(5)));
    }
    if (frames.at(-1)?.type === "response_complete") break;
  }
  return frames;
}
