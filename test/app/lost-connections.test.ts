import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestPostgres, type OpenedPostgres } from "../support/open-postgres.ts";
import { insertTenant, startPlatform, type Platform } from "../support/platform.ts";
import { openWs } from "../support/ws-client.ts";
import type { Tenant } from "../../api/core/tenant.ts";

let platform: Platform;
let opened: OpenedPostgres;
let tenant: Tenant;
/** Clients that never close their half: the platform must close all the same. */
const staying: Socket[] = [];

beforeAll(async () => {
  platform = await startPlatform();
  await insertTenant(platform, "acme");
  opened = await openTestPostgres({ poolSize: 2 });
  tenant = await opened.addTenant("acme");
});

afterAll(async () => {
  await opened?.close();
  await platform?.close();
  for (const socket of staying) socket.destroy();
});

test("connections lost inside a transaction give their place in the pool back", async () => {
  const { work } = opened.postgres;
  for (let round = 0; round < 6; round += 1) {
    const lost = work(tenant, async (em) => {
      const [{ pid } = { pid: 0 }] = await em.execute<{ pid: number }[]>(
        "select pg_backend_pid() as pid",
      );
      await opened.run("select pg_terminate_backend($1)", [pid]);
      await em.execute("select 1");
    });
    await expect(lost).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  }
  await expect(opened.postgres.chats.findChat(tenant, "chat_nobody")).resolves.toBeUndefined();
});

test("a refused handshake whose peer resets the line, or never closes it, does the server no harm", async () => {
  const { port } = new URL(platform.url);
  for (const path of ["/ws?tenant_id=nobody", "/elsewhere"]) {
    for (const leave of ["reset", "stay"] as const) {
      const socket = connect({ port: Number(port), host: "127.0.0.1", allowHalfOpen: true });
      socket.on("error", () => undefined);
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      const [answer] = await once(socket, "data");
      expect(String(answer)).toMatch(/^HTTP\/1.1 404/);
      if (leave === "reset") socket.resetAndDestroy();
      else staying.push(socket);
    }
  }
  const client = await openWs(platform.wsUrl, { tenant_id: "acme" });
  client.send("ping");
  await client.until("pong");
  await client.close();
});

test("an offer of h2c is answered over HTTP/1.1", async () => {
  const { port } = new URL(platform.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(
    "GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
  );
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1.1 200/);
  socket.destroy();
});

test("a change of settings reaches an open connection, and a suspended tenant's frames are refused", async () => {
  const client = await openWs(platform.wsUrl, { tenant_id: "acme" });
  await platform.sql(
    `update tenants set settings = '{"features": {"chat": false}}' where id = 'acme'`,
  );
  await expect
    .poll(async () => (await platform.app.tenants.findTenant("acme"))?.settings.features.chat)
    .toBe(false);
  client.send("chat_message", { message: "hello" });
  expect((await client.until("error")).data.error_code).toBe("FEATURE_DISABLED");
  await platform.sql("update tenants set status = 'suspended' where id = 'acme'");
  expect(await client.closed).toBe(4404);
});
