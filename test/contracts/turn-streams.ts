import { afterEach, beforeEach, describe, expect } from "vitest";
import type { TurnEvent, TurnRef } from "../../api/core/turns/turn-event.ts";
import type { TurnStreams } from "../../api/core/turns/turn-streams.ts";
import { makeTurn } from "./turn-streams-events.ts";
import { expiryContract } from "./turn-streams-expiry.ts";
import { readingContract } from "./turn-streams-reading.ts";
import { wakingContract } from "./turn-streams-waking.ts";
import { writingContract } from "./turn-streams-writing.ts";

export interface TurnStreamsHarness {
  /** What one more process has. */
  open(): Promise<TurnStreams>;
  /** Lets milliseconds go by. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What the parts of the contract share; made anew for each test. */
export interface TurnStreamsWorld {
  readonly streams: TurnStreams;
  /** Another process. */
  readonly others: TurnStreams;
  pass(ms: number): Promise<void>;
  /** A new turn whose stream holds these events. */
  publish(events: readonly TurnEvent[]): Promise<TurnRef>;
}

/** What all TurnStreams guarantee. */
export function turnStreamsContract(name: string, open: () => Promise<TurnStreamsHarness>): void {
  describe(`${name}: the turn streams`, () => {
    let harness: TurnStreamsHarness;
    let world: TurnStreamsWorld;
    beforeEach(async () => {
      harness = await open();
      const streams = await harness.open();
      world = {
        streams,
        others: await harness.open(),
        pass: (ms) => harness.pass(ms),
        async publish(events) {
          const turn = makeTurn();
          expect(await streams.replace(turn, events)).toBe("replaced");
          return turn;
        },
      };
    });
    afterEach(() => harness.close());

    describe("reading", () => readingContract(() => world));
    describe("writing", () => writingContract(() => world));
    describe("expiry", () => expiryContract(() => world));
    describe("waking", () => wakingContract(() => world));
  });
}
