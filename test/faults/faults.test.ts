import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { runFaults } from "./fault-run.ts";

test(
  "whatever fails, every reader ends up with exactly the answer that is stored",
  { timeout: 240_000 },
  async ({ signal }) => {
    const { findings, folder, streams, returns } = await runFaults({
      seed: 4,
      faults: 28,
      processes: 2,
      streams: 30,
      lanes: 5,
      // Other tests run beside this one.
      takeoverMs: 20_000,
      killing: { rounds: 0, killsPerRound: 0, answerSeconds: 0 },
      build: join(import.meta.dirname, "../.."),
      postgres: inject("postgres"),
      say: () => undefined,
      stop: signal,
    });
    expect({ findings, folder }).toEqual({ findings: [], folder: undefined });
    // Else it was no trial.
    expect([...streams.keys()].toSorted()).toEqual(["graphql-sse", "graphql-ws", "rest", "ws"]);
    expect(returns).toBeGreaterThan(0);
  },
);
