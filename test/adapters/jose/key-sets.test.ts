import { beforeEach, describe, expect, it } from "vitest";
import { createKeySets, type KeySets } from "../../../api/adapters/jose/key-sets.ts";
import { createManualClock, settle, type ManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeSigningKey } from "../../support/signing-keys.ts";

const first = makeSigningKey("ES256", "first").jwk;
const second = makeSigningKey("ES256", "second").jwk;
const url = "https://login.example.com/keys?key=secret";
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let clock: ManualClock;
let logger: ReturnType<typeof createRecordingLogger>;
let asked: string[];
/** What the URL answers with: a value, or an error to fail with. */
let answer: () => unknown;
let keySets: KeySets;

beforeEach(() => {
  clock = createManualClock();
  logger = createRecordingLogger();
  asked = [];
  answer = () => ({ keys: [first] });
  const fetchJwks = async (from: string) => {
    asked.push(from);
    return answer();
  };
  keySets = createKeySets({ fetchJwks, clock, logger });
});

const fail = () => {
  throw new Error("It is down");
};
const kidsAt = async (from = url) => (await keySets.keysAt(from)).map(({ kid }) => kid);
const unavailable = { code: "SERVICE_UNAVAILABLE", retryAfter: 10 };

describe("the keys of a URL", () => {
  it("are fetched once in five minutes", async () => {
    expect(await kidsAt()).toEqual(["first"]);
    answer = () => ({ keys: [second] });
    clock.advance(5 * minuteMs - 1);
    expect(await kidsAt()).toEqual(["first"]);
    expect(asked).toEqual([url]);
    clock.advance(1);
    expect(await kidsAt()).toEqual(["first"]);
    await settle();
    expect(await kidsAt()).toEqual(["second"]);
    expect(asked).toHaveLength(2);
  });

  it("are fetched anew while nobody waits, however slow the host is", async () => {
    await kidsAt();
    const fetched = Promise.withResolvers<unknown>();
    answer = () => fetched.promise;
    clock.advance(10 * minuteMs - 1);
    for (let count = 0; count < 3; count += 1) expect(await kidsAt()).toEqual(["first"]);
    expect(asked).toHaveLength(2);
    fetched.resolve({ keys: [second] });
    await settle();
    expect(await kidsAt()).toEqual(["second"]);
    expect(asked).toHaveLength(2);
  });

  it("are waited for where nobody tried for ten minutes, and not again for a host that didn't answer", async () => {
    await kidsAt();
    let fetched = Promise.withResolvers<unknown>();
    answer = () => fetched.promise;
    clock.advance(10 * minuteMs);
    const waiting = kidsAt();
    await settle();
    fetched.reject(new Error("It is too slow"));
    expect(await waiting).toEqual(["first"]);
    fetched = Promise.withResolvers<unknown>();
    clock.advance(10_000);
    expect(await kidsAt()).toEqual(["first"]);
    expect(asked).toHaveLength(3);
    fetched.resolve({ keys: [second] });
    await settle();
    clock.advance(10 * minuteMs);
    answer = () => ({ keys: [first] });
    expect(await kidsAt()).toEqual(["first"]);
  });

  it("are fetched once for all who want them at a time", async () => {
    const fetched = Promise.withResolvers<unknown>();
    answer = () => fetched.promise;
    const waiting = [kidsAt(), kidsAt(), kidsAt()];
    await settle();
    expect(asked).toHaveLength(1);
    fetched.resolve({ keys: [first, second] });
    for (const kids of await Promise.all(waiting)) expect(kids).toEqual(["first", "second"]);
    expect(await kidsAt()).toHaveLength(2);
    expect(asked).toHaveLength(1);
  });

  it("of another URL are others", async () => {
    answer = () => ({ keys: [asked.length === 1 ? first : second] });
    expect(await kidsAt()).toEqual(["first"]);
    expect(await kidsAt(`${url}2`)).toEqual(["second"]);
    expect(await kidsAt()).toEqual(["first"]);
  });

  it("are those that are good for anything", async () => {
    const odd = [null, 7, "key", [], { kty: "oct", k: "c2VjcmV0" }, { ...first, d: "c2VjcmV0" }];
    answer = () => ({ keys: [...odd, second] });
    expect(await kidsAt()).toEqual(["second"]);
  });

  it("are 64 at most", async () => {
    answer = () => ({
      keys: Array.from({ length: 1000 }, (_, kid) => ({ ...first, kid: `${kid}` })),
    });
    expect(await kidsAt()).toHaveLength(64);
  });

  it("are forgotten for the URL that was used longest ago, behind 500 others", async () => {
    await kidsAt();
    for (let count = 1; count < 500; count += 1) await kidsAt(`https://example.com/${count}`);
    await kidsAt();
    expect(asked).toHaveLength(500);
    await kidsAt("https://example.com/500");
    await kidsAt();
    expect(asked).toHaveLength(501);
    await kidsAt("https://example.com/1");
    expect(asked).toHaveLength(502);
  });
});

describe("when they can't be fetched", () => {
  it("the old ones go on for a day", async () => {
    await kidsAt();
    answer = fail;
    clock.advance(10 * minuteMs);
    expect(await kidsAt()).toEqual(["first"]);
    clock.advance(23 * hourMs + 49 * minuteMs);
    expect(await kidsAt()).toEqual(["first"]);
    clock.advance(minuteMs);
    await expect(kidsAt()).rejects.toMatchObject(unavailable);
  });

  it("it is tried again after ten seconds, and not before", async () => {
    answer = fail;
    await expect(kidsAt()).rejects.toMatchObject(unavailable);
    clock.advance(9999);
    await expect(kidsAt()).rejects.toMatchObject(unavailable);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    answer = () => ({ keys: [first] });
    expect(await kidsAt()).toEqual(["first"]);
  });

  it("the old ones are used meanwhile without waiting", async () => {
    await kidsAt();
    answer = fail;
    clock.advance(10 * minuteMs);
    for (let count = 0; count < 3; count += 1) expect(await kidsAt()).toEqual(["first"]);
    expect(asked).toHaveLength(2);
    clock.advance(10_000);
    answer = () => ({ keys: [second] });
    expect(await kidsAt()).toEqual(["first"]);
    await settle();
    expect(await kidsAt()).toEqual(["second"]);
  });

  it("all who wait for them are told so", async () => {
    answer = fail;
    const waiting = await Promise.allSettled([kidsAt(), kidsAt()]);
    for (const { status } of waiting) expect(status).toBe("rejected");
    expect(asked).toHaveLength(1);
  });

  it.each([null, [], {}, { keys: {} }, "keys"])(
    "%j instead of a set is a failure",
    async (body) => {
      answer = () => body;
      await expect(kidsAt()).rejects.toMatchObject(unavailable);
    },
  );

  it("the log says why, and of the URL the host alone", async () => {
    answer = fail;
    await expect(kidsAt()).rejects.toMatchObject(unavailable);
    expect(logger.lines).toMatchObject([
      { level: "warn", fields: { host: "login.example.com", reason: "It is down" } },
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain("secret");
  });
});

describe("for what was checked with one of them before", () => {
  const knownKids = async () => (await keySets.knownKeysAt(url)).map(({ kid }) => kid);

  it("those that are kept are given at once, and fetched anew meanwhile", async () => {
    await kidsAt();
    const fetched = Promise.withResolvers<unknown>();
    answer = () => fetched.promise;
    clock.advance(10 * minuteMs);
    for (let count = 0; count < 3; count += 1) expect(await knownKids()).toEqual(["first"]);
    expect(asked).toHaveLength(2);
    fetched.resolve({ keys: [second] });
    await settle();
    expect(await knownKids()).toEqual(["second"]);
    expect(asked).toHaveLength(2);
  });

  it("they are waited for where none are kept, or since more than a day", async () => {
    expect(await knownKids()).toEqual(["first"]);
    answer = () => ({ keys: [second] });
    clock.advance(24 * hourMs);
    expect(await knownKids()).toEqual(["second"]);
    answer = fail;
    clock.advance(24 * hourMs);
    await expect(knownKids()).rejects.toMatchObject(unavailable);
    await expect(knownKids()).rejects.toMatchObject(unavailable);
    expect(asked).toHaveLength(3);
  });
});

describe("for a key that isn't there", () => {
  const renew = async () => (await keySets.renewKeysAt(url))?.map(({ kid }) => kid);

  it("they are fetched anew, once in 30 seconds", async () => {
    await kidsAt();
    answer = () => ({ keys: [first, second] });
    expect(await renew()).toEqual(["first", "second"]);
    for (let count = 0; count < 5; count += 1) expect(await renew()).toBeUndefined();
    clock.advance(29_999);
    expect(await renew()).toBeUndefined();
    expect(asked).toHaveLength(2);
    clock.advance(1);
    expect(await renew()).toEqual(["first", "second"]);
    expect(asked).toHaveLength(3);
  });

  it("a fetch that is under way anyway does, and is waited for", async () => {
    await kidsAt();
    const fetched = Promise.withResolvers<unknown>();
    answer = () => fetched.promise;
    clock.advance(5 * minuteMs);
    expect(await kidsAt()).toEqual(["first"]);
    const waiting = renew();
    fetched.resolve({ keys: [first, second] });
    expect(await waiting).toEqual(["first", "second"]);
    expect(asked).toHaveLength(2);
  });

  it("one fetch does for all who miss one at a time", async () => {
    await kidsAt();
    const fetched = Promise.withResolvers<unknown>();
    answer = () => fetched.promise;
    const waiting = [renew(), renew(), renew()];
    fetched.resolve({ keys: [second] });
    for (const kids of await Promise.all(waiting)) expect(kids).toEqual(["second"]);
    expect(asked).toHaveLength(2);
  });

  it("a fetch that fails leaves the old ones, and isn't repeated at once", async () => {
    await kidsAt();
    answer = fail;
    expect(await renew()).toEqual(["first"]);
    clock.advance(5000);
    expect(await renew()).toBeUndefined();
    expect(await kidsAt()).toEqual(["first"]);
    expect(asked).toHaveLength(2);
  });

  it("nothing is asked within ten seconds of a failure", async () => {
    answer = fail;
    await expect(kidsAt()).rejects.toMatchObject(unavailable);
    expect(await renew()).toBeUndefined();
    expect(asked).toHaveLength(1);
  });
});
