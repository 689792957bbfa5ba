import { describe, expect, test } from "vitest";
import { createAnnouncedCache } from "../../../api/adapters/postgres/announced-cache.ts";
import { createManualClock } from "../../support/clock.ts";

function open<Value = string>() {
  const clock = createManualClock();
  const line = { isListening: true };
  const cache = createAnnouncedCache<Value | string>(clock, () => line.isListening);
  let loads = 0;
  const read = (key: string) =>
    cache.read(key, async () => {
      loads += 1;
      return `${key} ${loads}`;
    });
  return { clock, line, cache, read };
}

test("what is announced is read once, until it is dropped or a minute old", async () => {
  const { clock, cache, read } = open();
  expect(await Promise.all([read("a"), read("a"), read("b")])).toEqual(["a 1", "a 1", "b 2"]);
  clock.advance(59_999);
  expect(await read("a")).toBe("a 1");
  cache.drop("a");
  expect([await read("a"), await read("b")]).toEqual(["a 3", "b 2"]);
  clock.advance(1);
  expect([await read("a"), await read("b")]).toEqual(["a 3", "b 4"]);
  cache.clear();
  expect([await read("a"), await read("b")]).toEqual(["a 5", "b 6"]);
});

test("what may have changed unheard is read twice a second", async () => {
  const { clock, line, read } = open();
  await read("a");
  line.isListening = false;
  clock.advance(499);
  expect(await read("a")).toBe("a 1");
  clock.advance(1);
  expect(await read("a")).toBe("a 2");
});

test("what is dropped while it is read is read anew by the next one who asks", async () => {
  const { cache } = open();
  let finish = (_value: string): void => undefined;
  const old = cache.read("a", () => new Promise((resolve) => (finish = resolve)));
  cache.drop("a");
  const fresh = cache.read("a", async () => "new");
  finish("old");
  expect([await old, await fresh]).toEqual(["old", "new"]);
  expect(await cache.read("a", async () => "newest")).toBe("new");
});

test("a failure is told to all who asked, and not kept", async () => {
  const { cache, read } = open();
  const fail = () => Promise.reject(new Error("The database is away"));
  const failing = [cache.read("a", fail), read("a")];
  for (const one of failing) await expect(one).rejects.toThrow("away");
  expect(await read("a")).toBe("a 1");
});

const most = 20_000;

test("what is there stays bounded, and what was used last is kept", async () => {
  const { read } = open();
  for (let count = 0; count < most; count += 1) await read(`key ${count}`);
  expect(await read("key 0")).toBe("key 0 1");
  await read("one more");
  expect(await read("key 0")).toBe("key 0 1");
  expect(await read("key 1")).toBe(`key 1 ${most + 2}`);
});

test("what isn't there never takes the place of what is, and is bounded too", async () => {
  const { cache, read } = open<string | undefined>();
  let misses = 0;
  const miss = (key: string) =>
    cache.read(key, async () => {
      misses += 1;
      return undefined;
    });
  await read("real");
  for (let count = 0; count < most; count += 1) await miss(`invented ${count}`);
  await miss("invented 0");
  expect(misses).toBe(most);
  await miss("one more");
  await miss("invented 0");
  expect(misses).toBe(most + 1);
  await miss("invented 1");
  expect(misses).toBe(most + 2);
  expect(await read("real")).toBe("real 1");
});

test("what comes into being is found at its announcement, and what ends isn't any more", async () => {
  const { cache } = open<string | undefined>();
  const read = (value: string | undefined) => cache.read("a", async () => value);
  expect([await read(undefined), await read("made")]).toEqual([undefined, undefined]);
  cache.drop("a");
  expect([await read("made"), await read(undefined)]).toEqual(["made", "made"]);
  cache.drop("a");
  expect([await read(undefined), await read("again")]).toEqual([undefined, undefined]);
  cache.clear();
  expect([await read("again"), await read(undefined)]).toEqual(["again", "again"]);
});

test.each(["drop", "clear"] as const)(
  "what was read before a %s of what is there is not kept, when it comes after it",
  async (change) => {
    const { clock, cache, read } = open();
    await read("a");
    clock.advance(60_000);
    const { promise, resolve } = Promise.withResolvers<string>();
    const old = cache.read("a", () => promise);
    cache[change]("a");
    resolve("old");
    expect(await old).toBe("old");
    expect(await read("a")).toBe("a 2");
  },
);

describe("what looks up the unknown", () => {
  const closed = () => {
    throw new Error("Shut out");
  };

  test("isn't asked for what is cached, nor for what was there the last time", async () => {
    const { clock, cache, read } = open();
    await read("a");
    expect(await cache.read("a", async () => "new", closed)).toBe("a 1");
    for (const age of [() => clock.advance(60_000), () => cache.drop("a"), () => cache.clear()]) {
      age();
      expect(await cache.read("a", async () => "new", closed)).toBe("new");
    }
  });

  test("refuses its own reader alone, before anything is read", async () => {
    const { cache, read } = open<string | undefined>();
    const refused = cache.read("a", async () => "never", closed);
    const other = read("a");
    await expect(refused).rejects.toThrow("Shut out");
    expect(await other).toBe("a 1");
    await cache.read("b", async () => undefined);
    expect(await cache.read("b", async () => "never", closed)).toBeUndefined();
    cache.drop("b");
    await expect(cache.read("b", async () => "never", closed)).rejects.toThrow("Shut out");
  });

  test("is asked once for all who wait for the same", async () => {
    const { cache } = open();
    const asked: string[] = [];
    const through = (name: string) =>
      cache.read(
        "a",
        async () => name,
        (load) => {
          asked.push(name);
          return load();
        },
      );
    expect(await Promise.all([through("one"), through("two")])).toEqual(["one", "one"]);
    expect(asked).toEqual(["one"]);
  });
});
