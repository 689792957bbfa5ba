import { inspect } from "node:util";
import { expect, it } from "vitest";
import { createRedactor } from "../../../api/adapters/openai/model-errors.ts";
import { openModelWorld } from "../../support/model-world.ts";
import type { ModelScript } from "../../support/openai-server.ts";

const key = "sk-proj-abcdef0123456789";

/** Providers that repeat the key, each in its way. */
const scripts: Readonly<Record<string, ModelScript>> = {
  "a refused key": (request) =>
    request.fail(401, { message: `Incorrect API key provided: ${key}`, code: "invalid_api_key" }),
  "a refused key with stars": (request) =>
    request.fail(401, { message: "Incorrect API key provided: sk-proj-*********6789." }),
  "a server's error": (request) =>
    request.fail(500, { message: `${request.headers["authorization"]} was no good` }),
  "a headers' echo": (request) => request.fail(500, undefined, { "x-key": key }),
  "an error in the stream": (request) => {
    request.raw(`data: {"error":{"message":"${key}"}}\n\n`);
    request.end();
  },
  "a broken line": (request) => {
    request.raw(`data: {${key}\n\n`);
    request.end();
  },
};

for (const [what, script] of Object.entries(scripts)) {
  it(`${what} doesn't bring the key into an error or a log`, async () => {
    const world = await openModelWorld({ apiKey: key });
    try {
      world.server.use(script);
      const failed = await world.passPauses(world.ask().result).catch((error: unknown) => error);
      const told = inspect([failed, world.logger.lines], { depth: 20, showHidden: true });
      expect(told).toContain("MODEL_");
      expect(told).not.toContain(key);
      expect(told).not.toMatch(/abcdef|6789/);
    } finally {
      await world.close();
    }
  });
}

it("a long text is cut only after the key was taken out", () => {
  const redact = createRedactor("a-key-without-a-known-shape");
  const text = redact(`${"x".repeat(480)} a-key-without-a-known-shape`);
  expect(text).toHaveLength(486);
  expect(text).not.toContain("a-key");
});
