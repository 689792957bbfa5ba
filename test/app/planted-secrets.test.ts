import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { adminToken } from "../support/platform.ts";
import { plant } from "../support/record/search.ts";
import { writeTenantToken } from "../support/hostile-tokens/ground.ts";
import type { ModelScript } from "../support/openai-server.ts";
import { openWs } from "../support/ws-client.ts";
import { openDoors, type Shown } from "./hostile/doors.ts";
import { allowCheck, loseConnection, makeMessagesFail } from "./planted/failing-database.ts";
import { allDoors, askByRest, askByWs } from "./planted/questions.ts";
import { misplaceOnBareLines, misplaceOverHttp, misplaceOverSockets } from "./planted/requests.ts";
import { modelKey, openPlantedWorld, type PlantedWorld } from "./planted/world.ts";

let world: PlantedWorld;

beforeAll(async () => {
  world = await openPlantedWorld();
  world.model.use((request) => request.fail(503));
});
afterAll(() => world?.close());

/** By what they are: right ones, wrong ones, and such as were right once. */
async function makeSecrets(): Promise<Readonly<Record<string, Omit<Shown, "tenantId">>>> {
  const { ground, page: origin } = world;
  const past = Math.floor(Date.now() / 1000) - 7200;
  const revoked = await world.makeKey("server");
  await world.call("DELETE", `/admin/keys/${revoked.id}`, world.asAdmin());
  return {
    "a user's token": { token: world.userToken },
    "an expired token": { token: world.writeOwn({ iat: past, exp: past + 60 }) },
    "a token of the tenant's issuer": { token: world.writeTenants({}) },
    "a token that nobody signed": { token: `${world.userToken.slice(0, -4)}AAAA` },
    "a token that nobody can read": { token: `${world.userToken}.eyJhIjoxfQ` },
    "a server's key": { apiKey: world.server },
    "a server's key as a token": { token: world.server },
    "a page's key": { apiKey: world.publishable, origin },
    "a page's key from no page": { apiKey: world.publishable },
    "a revoked key": { apiKey: revoked.key },
    "a key that was never made": { apiKey: `sk_${"A".repeat(43)}` },
    "a visitor's token": { visitorToken: world.visitorToken },
    "a visitor's token as a key": { apiKey: world.visitorToken },
    "a ticket": { ticket: await world.makeTicket(ground && world.userToken) },
    "a used ticket": { ticket: `tkt_${"A".repeat(43)}` },
    "the admin token": { adminToken },
    "a wrong admin token": { adminToken: `${adminToken}${world.server}` },
    "everything at once": { token: world.userToken, apiKey: world.server, adminToken },
  };
}

describe("secrets are shown", () => {
  test("at every door, right and wrong", async () => {
    const answers = new Set<string>();
    for (const door of openDoors(world.platform, world.chatId))
      for (const shown of Object.values(await makeSecrets()))
        if (door.carries({ tenantId: world.tenantId, ...shown }))
          answers.add(await door.knock({ tenantId: world.tenantId, ...shown }));
    expect([...answers]).toEqual(expect.arrayContaining(["in", "INVALID_TOKEN"]));
  });

  test.each(["token", "key", "ticket", "admin token"])("where no %s belongs", async (what) => {
    const secrets: Record<string, string> = {
      token: world.userToken,
      key: world.server,
      ticket: await world.makeTicket(world.userToken),
      "admin token": adminToken,
    };
    const secret = secrets[what] ?? "";
    // Nothing in its form tells the admin token from an id.
    const id = what === "admin token" ? "an-id" : secret;
    const statuses = await misplaceOverHttp(world, secret, id);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    expect(statuses.filter((status) => status >= 400).length).toBeGreaterThan(20);
    await misplaceOverSockets(world, secret, id);
    for (const answer of await misplaceOnBareLines(world, secret))
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });
});

async function waitForLog(text: string): Promise<void> {
  await vi.waitUntil(async () => (await world.readLog()).includes(text), { timeout: 10_000 });
}

describe("people's words are in", () => {
  test("requests that make no sense", async () => {
    const words = plant("a question");
    const statuses = await misplaceOverHttp(world, words, "an-id");
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    await misplaceOverSockets(world, words, "an-id");
    await misplaceOnBareLines(world, words);
  });

  const failures: Readonly<Record<string, (words: string) => ModelScript>> = {
    "a model that refuses them": (words) => (request) =>
      request.fail(400, { message: `Flagged: ${words}`, code: "flagged", param: words }),
    "a model that is down": (words) => (request) =>
      request.fail(503, { message: `Busy with ${JSON.stringify(request.body)}, ${words}` }),
    "a model that refuses the key": (words) => (request) =>
      request.fail(401, { message: `Incorrect key ${modelKey} for ${words}` }),
    "an answer that breaks off": (words) => (request) => {
      request.say(words);
      request.cut();
    },
    "an answer with an error in it": (words) => (request) => {
      request.say(words);
      request.raw(`data: {"error":{"message":"Stopped at ${words}"}}\n\n`);
      request.end();
    },
    "an answer that can't be read": (words) => (request) => {
      request.raw(`data: {"choices":[{"delta":{"content":"${words}\n\n`);
      request.end();
    },
    "an answer that is no stream of events": (words) => (request) => {
      request.raw(`${words}\n\n`);
      request.end();
    },
  };
  test.each(Object.keys(failures))("%s", async (what) => {
    for (const [, ask] of allDoors) {
      const words = plant("a question to a model");
      const script = failures[what]?.(words);
      if (script) world.model.queue(script);
      await ask(world, words);
    }
  });

  test("a question that the database refuses", async () => {
    await makeMessagesFail(world);
    for (const way of ["check", "raise", "cast", "syntax"]) {
      for (const [door, ask] of allDoors) {
        const code = await ask(world, plant(`a ${way} of a question`));
        expect([door, way, code]).toEqual([door, way, expect.stringMatching(/_ERROR$/)]);
      }
    }
    const words = plant("a unique question");
    await askByWs(world, words);
    expect(await askByRest(world, words)).toMatch(/_ERROR$/);
  });

  test("an answer that the database refuses", async () => {
    world.model.queue((request) => {
      request.say(plant("a check of an answer"));
      request.finish();
      request.done();
    });
    const asked = askByWs(world, plant("a fine question"));
    await waitForLog("An ending was refused by the store");
    await allowCheck(world);
    expect(await asked).toMatch(/_ERROR$/);
  });

  test("a statement whose connection is lost", async () => {
    for (const [, ask] of allDoors) {
      const words = plant("a question to sleep over");
      const asked = ask(world, words);
      await loseConnection(world, words);
      expect(await asked).toBeDefined();
    }
  });

  test("what Redis refuses, and what it doesn't answer", async () => {
    const answer = plant("an answer");
    await world.redisClient.config("SET", "maxmemory", "1");
    const { wsUrl, tenantId } = world;
    const client = await openWs(wsUrl, { tenant_id: tenantId });
    const index = world.model.requests.length;
    world.model.use(undefined);
    client.send("chat_message", { message: plant("a question"), chat_id: null });
    const request = await world.model.nth(index);
    request.say(answer);
    await client.until("response_chunk");
    await waitForLog("could not be written to its stream");
    await world.redisClient.config("SET", "maxmemory", "0");
    world.redis.kill("SIGSTOP");
    try {
      request.say(answer);
      await client.until("response_chunk");
      await waitForLog("Command timed out");
    } finally {
      world.redis.kill("SIGCONT");
    }
    request.finish();
    request.done();
    await client.until("response_complete");
    await client.close();
  });

  test("keys of an issuer that can't be fetched", async () => {
    const { jwks, ground, sql, tenantId, url } = world;
    const address = `${jwks.url}?key=${world.server}`;
    await sql(
      `update tenants set settings = jsonb_set(jsonb_set(settings, '{auth,keys}', '[]'), '{auth,jwks_url}', to_jsonb($2::text)) where id = $1`,
      [tenantId, address],
    );
    const token = writeTenantToken(ground);
    for (const body of [token, `{"keys": "${world.server}"}`, `{${plant("keys")}`]) {
      jwks.answerWith((_request, response) => response.end(body));
      const headers = { "X-Tenant-ID": tenantId, Authorization: `Bearer ${token}` };
      await vi.waitUntil(async () => {
        const response = await fetch(`${url}/api/v1/auth/me`, { headers });
        return response.status === 503;
      });
    }
  });
});

test("none of it stands in logs, errors, metrics or the audit log, though all of it was told there", async () => {
  await world.platform.stop();
  const { log = "", answers = "", metrics = "", audit = "" } = await world.readRecord();
  expect(await world.search()).toEqual([]);
  for (const told of [
    "The language model does not answer",
    '"code":"23514"',
    '"code":"23505"',
    "PostgreSQL refuses with P0001",
    "PostgreSQL refuses with 22P02",
    "A turn could not be written to its stream",
    "The keys of a tenant's issuer can't be fetched",
    '"route":"unmatched"',
  ])
    expect(log).toContain(told);
  for (const code of ["INVALID_TOKEN", "INVALID_JSON", "GRAPHQL_PARSE_FAILED", "INTERNAL_ERROR"])
    expect(answers).toContain(code);
  expect(metrics).toMatch(/miptech_http_requests_total\{.*route="unmatched"/);
  expect(audit).toContain("key.create");
});
