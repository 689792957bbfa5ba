import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench, type ClientBench } from "./support/client-bench.ts";
import { restError, stored } from "./support/fake-rest.ts";

const question = stored({ id: "question-1" });
const whole = stored({ id: "answer-1", role: "assistant", content: "A client." });
const shown = ({ client }: ClientBench) =>
  client.state.messages.map(({ role, content, status }) => [role, content, status]);
const asked = [
  ["user", "What?", "sent"],
  ["assistant", "A client.", "sent"],
];

describe("a history that can't be loaded", () => {
  const load = (bench: ClientBench) => {
    bench.tab.chatId = "chat-1";
    bench.rest.keep("chat-1", [question, whole]);
    bench.client.connect();
    return settle();
  };
  const unreachable = () => {
    throw new TypeError("Failed to fetch");
  };

  test("is tried again with the connection, and says nothing while there is none", async () => {
    const bench = createClientBench();
    bench.rest.intercept = unreachable;
    await load(bench);
    expect(bench.client.state.history).toMatchObject({ status: "error" });
    expect(bench.told).toEqual([]);
    bench.rest.intercept = undefined;
    bench.open();
    await settle();
    expect(shown(bench)).toEqual(asked);
    expect(bench.advice).toEqual([]);
  });

  test("is explained when only requests are blocked; the chat goes on", async () => {
    const bench = createClientBench();
    bench.rest.intercept = unreachable;
    await load(bench);
    const socket = bench.open();
    await settle();
    expect(bench.told).toEqual(["connect", "error:UNREACHABLE"]);
    expect(bench.advice).toHaveLength(1);
    expect(bench.advice[0]).toMatch(/connect-src .* lists https:\/\/api\.example/);
    expect(bench.advice[0]).toContain("https://site.example");
    bench.client.ask("And then?");
    expect(socket.questions).toMatchObject([{ message: "And then?", chat_id: "chat-1" }]);
    bench.client.reloadHistory();
    await settle();
    expect(bench.advice).toHaveLength(1);
  });

  test("because another branch is shown meanwhile is read from its beginning", async () => {
    const bench = createClientBench();
    bench.rest.pageSize = 1;
    let isChanged = false;
    bench.rest.intercept = ({ query }) => {
      if (query["after"] === undefined || isChanged) return undefined;
      isChanged = true;
      return restError(400, "INVALID_CURSOR");
    };
    await load(bench);
    bench.open();
    await settle();
    expect(isChanged).toBe(true);
    expect(shown(bench)).toEqual(asked);
    expect(bench.told).not.toContain("error:INVALID_CURSOR");
  });

  test("because of too many requests is tried again when it may be", async () => {
    const bench = createClientBench();
    bench.rest.intercept = () => restError(429, "RATE_LIMIT_EXCEEDED", { "Retry-After": "9" });
    await load(bench);
    bench.rest.intercept = undefined;
    bench.clock.advance(8999);
    expect(bench.rest.calls).toHaveLength(1);
    bench.clock.advance(1);
    await settle();
    expect(shown(bench)).toEqual(asked);
  });

  test("is no other server's page", async () => {
    const bench = createClientBench();
    bench.rest.intercept = () => new Response("<!doctype html>");
    await load(bench);
    expect(bench.client.state.history.status).toBe("error");
    expect(bench.thrown).toEqual([]);
  });

  test("with a visitor's token that is refused is loaded without it", async () => {
    const bench = createClientBench();
    bench.tokens.visitor = "old";
    bench.rest.intercept = ({ headers }) =>
      headers.has("X-Visitor-Token") ? restError(401, "INVALID_TOKEN") : undefined;
    await load(bench);
    expect(shown(bench)).toEqual(asked);
    expect(bench.tokens.visitor).toBeUndefined();
  });
});
