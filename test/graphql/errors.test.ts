import { describe, expect, test } from "vitest";
import { AppError } from "../../api/core/errors.ts";
import { openPlatform, readAnswer, sendMessage, type Sent } from "./client.ts";

const media = {
  json: "application/json",
  graphql: "application/graphql-response+json",
} as const;

interface Case {
  readonly name: string;
  readonly body: unknown;
  readonly code: string;
  /** For those who accept JSON alone, and for those who know the newer media type. */
  readonly status: readonly [json: number, graphql: number];
}

const cases: readonly Case[] = [
  { name: "no JSON", body: "{", code: "INVALID_JSON", status: [400, 400] },
  { name: "a number", body: 7, code: "INVALID_REQUEST", status: [400, 400] },
  { name: "null", body: null, code: "INVALID_REQUEST", status: [400, 400] },
  { name: "no query", body: {}, code: "INVALID_REQUEST", status: [400, 400] },
  { name: "a query of numbers", body: { query: 1 }, code: "INVALID_REQUEST", status: [400, 400] },
  {
    name: "a field that isn't GraphQL's",
    body: { query: "{ __typename }", token: "x" },
    code: "INVALID_REQUEST",
    status: [400, 400],
  },
  {
    name: "variables in a list",
    body: { query: "{ __typename }", variables: [] },
    code: "INVALID_REQUEST",
    status: [400, 400],
  },
  {
    name: "a batch",
    body: [{ query: "{ __typename }" }, { query: "{ __typename }" }],
    code: "INVALID_REQUEST",
    status: [400, 400],
  },
  {
    name: "half a document",
    body: { query: "{ tenant" },
    code: "GRAPHQL_PARSE_FAILED",
    status: [200, 400],
  },
  {
    name: "an unknown field",
    body: { query: "{ nothing }" },
    code: "GRAPHQL_VALIDATION_FAILED",
    status: [200, 400],
  },
  {
    name: "a variable of the wrong type",
    body: { query: "query ($id: ID!) { chat(id: $id) { id } }", variables: { id: {} } },
    code: "INVALID_REQUEST",
    status: [200, 400],
  },
  {
    name: "an unknown operation",
    body: { query: "query A { __typename } query B { __typename }", operationName: "C" },
    code: "INVALID_REQUEST",
    status: [400, 400],
  },
  {
    name: "what isn't there",
    body: { query: '{ chat(id: "chat_no") { id } }' },
    code: "CHAT_NOT_FOUND",
    status: [200, 200],
  },
];

describe("a fault of the request", () => {
  test.each(cases)("has a stable code: $name", async ({ body, code, status }) => {
    const { call, logger } = openPlatform();
    for (const [index, accept] of [media.json, media.graphql].entries()) {
      const response = await call("/graphql", {
        method: "POST",
        headers: { "Content-Type": media.json, Accept: accept },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      expect(response.headers.get("content-type")).toBe(`${accept}; charset=utf-8`);
      const answer = await readAnswer(response);
      expect(answer.errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
      expect(answer.errors?.[0]?.message).toMatch(/\w{3}/);
      expect(answer.status, accept).toBe(status[index]);
    }
    expect(logger.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("is answered before its operation: with status and headers that HTTP has for it", async () => {
    const limits = { enabled: true, requestsPerMinute: 1, burst: 0 };
    const { run } = openPlatform({ limits });
    const unknown = await run("{ __typename }", {}, { "X-Tenant-ID": "nobody" });
    expect([unknown.status, unknown.errors?.[0]?.extensions.code]).toEqual([
      404,
      "TENANT_NOT_FOUND",
    ]);
    const token = await run("{ __typename }", {}, { "X-Visitor-Token": "wrong" });
    const challenge = token.headers.get("www-authenticate");
    expect([token.status, challenge]).toEqual([401, 'Bearer error="invalid_token"']);
    expect((await run("{ __typename }")).status).toBe(200);
    const limited = await run("{ __typename }");
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(limited.errors?.[0]?.extensions).toEqual({
      code: "RATE_LIMIT_EXCEEDED",
      retryAfter: 60,
    });
  });
});

describe("an error of ours", () => {
  test("in a field is masked, and logged once with its cause", async () => {
    const turns = { saveTurn: () => Promise.reject(new Error("password=secret")) };
    const { run, logger } = openPlatform({ turns });
    const headers = { "X-Request-ID": "mine-1" };
    const input = { content: "?" };
    const { status, errors, data } = await run<Sent>(sendMessage, { input }, headers);
    expect([status, data]).toEqual([200, { sendMessage: null }]);
    expect(errors).toEqual([
      {
        message: "Something went wrong on our side",
        path: ["sendMessage"],
        locations: [{ line: 2, column: 3 }],
        extensions: { code: "INTERNAL_ERROR" },
      },
    ]);
    expect(logger.lines.filter(({ level }) => level === "error")).toEqual([
      {
        level: "error",
        text: "A GraphQL operation failed",
        fields: {
          err: new Error("password=secret"),
          request_id: "mine-1",
          tenant_id: "demo",
        },
      },
    ]);
  });

  test("in mid-stream is the last event, masked and logged", async () => {
    const { ask, call, store, logger, answerer } = openPlatform();
    const { sendMessage: sent } = await ask<Sent>(sendMessage, { input: { content: "?" } });
    await answerer.nextTurn();
    const query = `subscription { turnEvents(chatId: "${sent.chat.id}") { __typename } }`;
    store.findNextAnswer = () => Promise.reject(new Error("password=secret"));
    const headers = { Accept: "text/event-stream" };
    const text = await (await call("/graphql", { json: { query }, headers })).text();
    expect(text).toMatch(/event: next\ndata: .*"code":"INTERNAL_ERROR".*\n\nevent: complete\n/);
    expect(text).not.toContain("secret");
    expect(logger.lines.filter(({ level }) => level === "error")).toMatchObject([
      { fields: { err: new Error("password=secret"), tenant_id: "demo" } },
    ]);
  });

  test("that the database is away is told with its code, and logged with its cause", async () => {
    const away = new AppError("SERVICE_UNAVAILABLE", "Try again", { cause: new Error("secret") });
    const { run, logger } = openPlatform({ turns: { saveTurn: () => Promise.reject(away) } });
    const { errors } = await run(sendMessage, { input: { content: "?" } });
    expect(errors).toMatchObject([
      { message: "Try again", extensions: { code: "SERVICE_UNAVAILABLE" } },
    ]);
    expect(JSON.stringify(errors)).not.toContain("secret");
    expect(logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("before its operation is masked, and logged too", async () => {
    const platform = openPlatform();
    platform.tenants.findTenant = () => Promise.reject(new Error("password=secret"));
    const { status, errors } = await platform.run("{ __typename }");
    expect(status).toBe(500);
    expect(JSON.stringify(errors)).not.toContain("secret");
    expect(errors?.[0]?.extensions.code).toBe("INTERNAL_ERROR");
    expect(platform.logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("never shows or logs a token", async () => {
    const { call, logger } = openPlatform();
    const token = "top-secret-token";
    const headers = {
      "X-Visitor-Token": token,
      "X-Admin-Token": token,
      Authorization: `Bearer ${token}`,
    };
    const response = await call("/graphql", {
      json: { query: "{ chats { edges { cursor } } }" },
      headers,
    });
    expect(await response.text()).not.toContain(token);
    expect(JSON.stringify(logger.lines)).not.toContain(token);
  });
});
