import { afterEach, describe, expect, inject, test } from "vitest";
import {
  insertTenant,
  startPlatform,
  type Platform,
  type PlatformOptions,
} from "../support/platform.ts";
import { openWs } from "../support/ws-client.ts";

let platform: Platform | undefined;

afterEach(async () => {
  await platform?.close();
  platform = undefined;
});

async function start(
  env: Record<string, string>,
  options: PlatformOptions = {},
): Promise<Platform> {
  platform = await startPlatform({ env: { RATE_LIMIT_ENABLED: "true", ...env }, ...options });
  return platform;
}

const stores: [name: string, env: () => Record<string, string>][] = [
  ["in memory", () => ({})],
  ["on Redis", () => ({ REDIS_URL: inject("redis").url })],
];

describe.each(stores)("limits %s", (_name, env) => {
  const tenant = () => `limited-${Math.random().toString(36).slice(2, 10)}`;

  test("of 500 concurrent requests exactly 70 pass", async () => {
    const { url, ...rest } = await start(env());
    const id = tenant();
    await insertTenant(rest, id);
    const responses = await Promise.all(
      Array.from({ length: 500 }, () => fetch(`${url}/api/v1/auth/tenant/${id}`)),
    );
    const passed = responses.filter(({ status }) => status === 200);
    const refused = responses.filter(({ status }) => status === 429);
    expect([passed.length, refused.length]).toEqual([70, 430]);
    const remaining = passed.map(({ headers }) => Number(headers.get("x-ratelimit-remaining")));
    expect(Math.max(...remaining)).toBe(59);
    for (const { headers } of refused) {
      expect(headers.get("x-ratelimit-limit")).toBe("60");
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
  });

  test("handshakes and frames count, pings don't, and a refused frame is told when to come back", async () => {
    const running = await start(env());
    const id = tenant();
    await insertTenant(running, id, { limits: { requests_per_minute: 5, person_share: 100 } });
    const client = await openWs(running.wsUrl, { tenant_id: id });
    for (let n = 0; n < 30; n += 1) client.send("ping");
    for (let n = 0; n < 14; n += 1) client.send("cancel", { message_id: "msg_nobody" });
    for (let n = 0; n < 14; n += 1) await client.until("error");
    client.send("cancel", { message_id: "msg_nobody" });
    const { data } = await client.until("rate_limit_exceeded");
    expect(data).toMatchObject({ message: "Rate limit exceeded", retry_after: expect.any(Number) });
    await expect(openWs(running.wsUrl, { tenant_id: id })).rejects.toThrow("429");
    await client.close();
  });
});

test("messages_per_minute and messages_per_day of the settings hold", async () => {
  const running = await start({ RATE_LIMIT_ENABLED: "false" });
  await insertTenant(running, "daily", { limits: { messages_per_day: 2, person_share: 100 } });
  await insertTenant(running, "minutely", {
    limits: { messages_per_minute: 2, person_share: 100 },
  });
  for (const [id, code] of [
    ["daily", "error"],
    ["minutely", "rate_limit_exceeded"],
  ] as const) {
    const client = await openWs(running.wsUrl, { tenant_id: id });
    for (let n = 0; n < 3; n += 1) client.send("chat_message", { message: "hello" });
    const { data } = await client.until(code);
    expect(data).toHaveProperty("retry_after", expect.any(Number));
    expect(client.frames.filter(({ type }) => type === "processing")).toHaveLength(2);
    await client.close();
  }
});
