import { auditServer } from "graphql-http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listenPlatform, type Listening } from "./listen.ts";

let platform: Listening;
beforeAll(async () => {
  platform = await listenPlatform();
});
afterAll(() => platform.close());

test("the server is what GraphQL over HTTP asks of one", async () => {
  const results = await auditServer({ url: platform.url });
  expect(results.length).toBeGreaterThan(50);
  const faults = results.filter(({ status }) => status !== "ok");
  expect(faults.map(({ name, status }) => `${status}: ${name}`)).toEqual([]);
});
