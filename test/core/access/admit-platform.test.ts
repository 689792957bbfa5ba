import { describe, expect, test } from "vitest";
import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import { admitPlatformAdmin } from "../../../api/core/access/admit-platform.ts";
import type { Credentials } from "../../../api/core/access/credentials.ts";
import { createOwnOrigin, readPageOrigin } from "../../../api/core/access/origins.ts";
import {
  createStrangers,
  refusalBurst,
  refusalsPerMinute,
} from "../../../api/core/limits/strangers.ts";
import { createManualClock } from "../../support/clock.ts";
import { address, page } from "./open-world.ts";

function open(enabled = true) {
  const clock = createManualClock();
  const limiter = createMemoryLimiter(clock);
  const deps = {
    strangers: createStrangers({ limiter, limits: { enabled }, clock }),
    isAdmin: (token: string | undefined) => token === "right",
    origins: ["https://console.example"],
  };
  const admit = (shown: Partial<Credentials>) =>
    admitPlatformAdmin(deps, { tenantId: undefined, page, address, ...shown });
  return { admit, limiter, clock };
}

describe("where no tenant is concerned", () => {
  test("the platform's admin is let in, with either form of the token, and isn't counted", async () => {
    const { admit, limiter } = open();
    for (let count = 0; count < 20; count += 1) await admit({ adminToken: "right" });
    await admit({ token: "right" });
    await admit({ adminToken: "right", page: { ...page, origin: "https://console.example" } });
    expect(limiter.size).toBe(0);
  });

  test("nobody else is", async () => {
    const { admit } = open(false);
    for (const [shown, code] of [
      [{}, "ADMIN_REQUIRED"],
      [{ apiKey: "right" }, "ADMIN_REQUIRED"],
      [{ visitorToken: "right" }, "ADMIN_REQUIRED"],
      [{ token: "sk_right" }, "ADMIN_REQUIRED"],
      [{ token: "a.b.c" }, "ADMIN_REQUIRED"],
      [{ token: "" }, "INVALID_TOKEN"],
      [{ token: "wrong" }, "INVALID_TOKEN"],
      [{ adminToken: "wrong" }, "INVALID_TOKEN"],
      [{ adminToken: "wrong", token: "right" }, "INVALID_TOKEN"],
      [
        { adminToken: "right", page: { ...page, origin: "https://shop.example" } },
        "ORIGIN_NOT_ALLOWED",
      ],
    ] as const)
      await expect(admit(shown), JSON.stringify(shown)).rejects.toMatchObject({ code });
  });

  test("guesses of one address are counted, and shut out neither others nor the admin", async () => {
    const { admit, clock } = open();
    const guess = (from = address) => admit({ adminToken: "wrong", address: from });
    for (let count = 0; count < refusalsPerMinute + refusalBurst; count += 1)
      await expect(guess()).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    await expect(guess()).rejects.toMatchObject({ code: "RATE_LIMIT_EXCEEDED", retryAfter: 60 });
    await expect(guess("203.0.113.8")).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    await admit({ adminToken: "right" });
    clock.advance(60_000);
    await expect(guess()).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });
});

describe("the page of a request", () => {
  const read = (host: string, headers: Record<string, string>) =>
    readPageOrigin(local, host, (name) => headers[name]);
  const local = createOwnOrigin({ publicOrigin: undefined, trustsLoopback: true });
  const none = createOwnOrigin({ publicOrigin: undefined, trustsLoopback: false });
  const api = "https://api.example";
  const named = createOwnOrigin({ publicOrigin: api, trustsLoopback: true });

  test.each([
    ["localhost:8000", {}, "http://localhost:8000"],
    ["localhost", { origin: "https://shop.example" }, "https://localhost"],
    ["localhost:443", { origin: "https://localhost" }, "https://localhost"],
    ["LOCALHOST:80", { origin: "http://localhost" }, "http://localhost"],
    ["a.localhost", { referer: "https://a.localhost/docs" }, "https://a.localhost"],
    ["127.0.0.1:8000", {}, "http://127.0.0.1:8000"],
    ["[::1]:8000", {}, "http://[::1]:8000"],
    ["api.example", { origin: api }, undefined],
    ["evil.example:8000", { origin: "http://evil.example:8000" }, undefined],
    ["localhost.evil.example", {}, undefined],
    ["notlocalhost", {}, undefined],
    ["localhost@evil.example", {}, undefined],
    ["192.168.0.2", {}, undefined],
    ["not a host", { origin: "https://shop.example" }, undefined],
    ["", {}, undefined],
  ])("asked for at %s with %j: our own is %s", (host, headers, own) => {
    expect(read(host, headers).own).toBe(own);
    const find = (name: string) => new Map(Object.entries(headers)).get(name);
    expect(readPageOrigin(none, host, find).own).toBeUndefined();
    expect(readPageOrigin(named, host, find).own).toBe(api);
  });

  test("is of our own origin as the browser says, and as nobody else does", () => {
    const sites = ["same-origin", "same-site", "cross-site", "none", "SAME-ORIGIN", ""];
    const said = sites.filter((site) => read("localhost", { "sec-fetch-site": site }).isSameOrigin);
    expect(said).toEqual(["same-origin"]);
  });

  test("is not of our own origin where it was asked under a name that isn't ours", () => {
    const asked = (host: string, referer?: string, known = named) =>
      readPageOrigin(known, host, (name) =>
        name === "referer" ? referer : name === "sec-fetch-site" ? "same-origin" : undefined,
      ).isSameOrigin;
    expect(asked("api.example")).toBe(true);
    // A proxy that asks under another name; what the page's address is the browser says.
    expect(asked("backend:8000", `${api}/docs`)).toBe(true);
    for (const referer of [undefined, "http://evil.example:8000/", "http://api.example/", "x"])
      expect(asked("evil.example:8000", referer), referer).toBe(false);
    for (const known of [local, none]) expect(asked("evil.example", undefined, known)).toBe(false);
  });
});
