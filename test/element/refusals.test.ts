import { describe, expect, test } from "vitest";
import { createClientBench } from "./support/client-bench.ts";
import { rateLimit, refusal } from "./support/frames.ts";

describe("a refused connection", () => {
  test.each([
    [4403, "ORIGIN_NOT_ALLOWED", ["https://site.example", "CORS_ORIGINS", "allowed_origins"]],
    [4404, "TENANT_NOT_FOUND", ['"acme"', "tenant-id", "https://api.example"]],
    [4403, "FEATURE_DISABLED", ['"acme"', "features.chat"]],
    [4401, "INVALID_TOKEN", ["token"]],
    [4400, "INVALID_REQUEST", ["Refused: INVALID_REQUEST"]],
  ])("with %i %s is explained to the page's developer, once", (code, reason, words) => {
    const bench = createClientBench();
    for (let time = 0; time < 2; time += 1) {
      bench.client.connect();
      bench.server.current.push(refusal(reason));
      bench.server.current.drop(code);
    }
    expect(bench.advice).toHaveLength(1);
    for (const word of words) expect(bench.advice[0]).toContain(word);
    expect(bench.told).toContain("error:CONNECTION_REFUSED");
    expect(bench.clock.timers).toBe(0);
    expect(bench.rest.calls).toEqual([]);
  });

  test("without a word is explained by its code", () => {
    const bench = createClientBench();
    bench.open().drop(4404);
    expect(bench.advice[0]).toContain('no active tenant "acme"');
  });

  test("that was never tried names what is missing", () => {
    const bench = createClientBench({ tenantId: "" });
    bench.client.connect();
    expect(bench.advice[0]).toContain("set tenant-id");
    const other = createClientBench({ apiUrl: "localhost:8000" });
    other.client.connect();
    expect(other.advice[0]).toMatch(/"localhost:8000": api-url must be an http\(s\) URL/);
  });
});

describe("a server that can't be reached", () => {
  test("is explained after the first attempt, and not again", () => {
    const bench = createClientBench({ maxReconnectAttempts: 2 });
    bench.client.connect();
    bench.server.current.drop();
    expect(bench.advice).toHaveLength(1);
    for (const word of ["https://api.example", "api-url", "connect-src"])
      expect(bench.advice[0]).toContain(word);
    while (bench.clock.next()) bench.server.current.drop();
    expect(bench.client.state.connection.phase).toBe("exhausted");
    expect(bench.advice).toHaveLength(1);
  });

  test("once it was reached is the network's matter", () => {
    const bench = createClientBench({ maxReconnectAttempts: 0 });
    bench.open().drop();
    expect(bench.client.state.connection.phase).toBe("exhausted");
    expect(bench.advice).toEqual([]);
  });

  test("because it is asked too often has said so itself", () => {
    const bench = createClientBench();
    bench.client.connect();
    bench.server.current.push(rateLimit(30));
    bench.server.current.drop(4429);
    expect(bench.advice).toEqual([]);
  });
});
