import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../../faults/random.ts";
import { insertTenant, teach } from "../../support/platform.ts";
import { startTwoPlatforms, type TwoPlatforms } from "../../support/two-platforms.ts";
import { followGraphql, followRaw, followSse, readState, tenantId } from "./doors.ts";
import { startReader, type Reader } from "./reader.ts";
import { startWriter, weights, type Done, type Writer } from "./writer.ts";

const doors = [
  ["raw", followRaw],
  ["GraphQL", followGraphql],
  ["SSE", followSse],
] as const;

let both: TwoPlatforms;

beforeAll(async () => {
  both = await startTwoPlatforms({ RATE_LIMIT_ENABLED: "false", EXTRACTIVE_PACE_MS: "3" });
  await insertTenant(both.one, tenantId, {
    limits: { messages_per_minute: 100_000, messages_per_day: 100_000 },
  });
  await teach(both.one, tenantId);
});

afterAll(() => both?.close());

const steps = 200;

for (const seed of [1]) {
  test(`all who follow a chat end with what is stored, whoever changes it how, seed ${seed}`, async () => {
    const random = createRandom(seed, "following");
    const done: Done = new Map();
    let writer = await startWriter(both, random, done);
    let readers = startReaders(writer);
    for (let n = 1; n <= steps; n += 1) {
      await writer.step();
      if (random.chance(0.1)) await random.pick(readers).moveTo(both.at(random.integer(0, 1)));
      if (n % 25 !== 0) continue;
      await settle(writer, readers, `Settled ${n}`);
      if (n % 50 !== 0) continue;
      await writer.remove();
      for (const { picture, until } of readers) {
        await until((state) => state === "deleted");
        expect(picture.state).toBe("deleted");
      }
      expect(await readState(both.one, writer.chatId)).toBeUndefined();
      await Promise.all(readers.map(({ leave }) => leave()));
      writer = await startWriter(both, random, done);
      readers = startReaders(writer);
    }
    await Promise.all(readers.map(({ leave }) => leave()));
    // A busy chat refuses some of them: most must have been done, and of each kind some.
    const counts = Object.keys(weights).map((kind) => done.get(kind) ?? 0);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(0.75 * steps);
  }, 300_000);
}

function startReaders({ chatId }: Writer): Reader[] {
  return doors.map(([name, door], index) => startReader(name, door, both.at(index), chatId));
}

/** The title is changed last, so that who sees it has been told all that was before. */
async function settle(writer: Writer, readers: readonly Reader[], title: string): Promise<void> {
  await writer.settle();
  await writer.rename(title);
  const stored = await readState(both.one, writer.chatId);
  const all = await readState(both.one, writer.chatId, "all");
  const texts = new Map(all?.messages.map(({ id, content }) => [id, content]));
  for (const { name, picture, until } of readers) {
    await until((state) => state !== "deleted" && state.title === title);
    expect(picture.state, name).toEqual(stored);
    for (const [id, text] of picture.heard) expect(text, name).toBe(texts.get(id));
  }
}
