import { describe, expect, test } from "vitest";
import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { admitCaller } from "../../../api/core/access/admit.ts";
import { openAdministeredTenant } from "../../../api/core/access/admit-platform.ts";
import type { Credentials } from "../../../api/core/access/credentials.ts";
import type { GateDeps } from "../../../api/core/access/gate.ts";
import { openNamedTenant } from "../../../api/core/access/open-tenant.ts";
import { AppError } from "../../../api/core/errors.ts";
import { refusalBurst, refusalsPerMinute } from "../../../api/core/limits/strangers.ts";
import { openMemoryAccess } from "../../support/access.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeTenant } from "../../support/tenant.ts";
import { tally } from "../../support/two-platforms.ts";
import { address, page } from "./open-world.ts";

const most = refusalsPerMinute + refusalBurst;

/** A gate whose stores know nothing yet, and note what they look up. */
function open() {
  const clock = createManualClock();
  const tenant = makeTenant("garden");
  const tenants = createMemoryTenants([tenant]);
  const { gate, makeTicket } = openMemoryAccess({
    tenants,
    limiter: createMemoryLimiter(clock),
    limits: { enabled: true, requestsPerMinute: 60, burst: 10 },
    origins: [],
    clock,
    logger: createRecordingLogger(),
    adminToken: "the admin's token of these tests",
  });
  let looks = 0;
  const noted = <Value>(load: () => Promise<Value>) => {
    looks += 1;
    return load();
  };
  const deps: GateDeps = {
    ...gate,
    tenants: {
      ...tenants,
      findTenant: async (id, lookUp = (run) => run()) =>
        lookUp(() => noted(() => tenants.findTenant(id))),
    },
    keys: {
      ...gate.keys,
      findKeyByHash: async (hash, lookUp = (run) => run()) =>
        lookUp(() => noted(() => gate.keys.findKeyByHash(hash))),
    },
    tickets: {
      ...gate.tickets,
      takeTicket: (...args) => noted(() => gate.tickets.takeTicket(...args)),
    },
  };
  const shown = { tenantId: tenant.id, page, address };
  const admit = (proof: Partial<Credentials>) =>
    outcome(admitCaller(deps, tenant, { ...shown, ...proof }));
  return { deps, tenant, shown, admit, secrets: gate.secrets, makeTicket, looks: () => looks };
}

const outcome = (done: Promise<unknown>) =>
  done.then(
    () => "in",
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

describe("of 500 inventions of one address no more are looked up than are refused in a minute, and one", () => {
  test.each(["in turn", "at once"])("%s", async (way) => {
    type Scene = ReturnType<typeof open>;
    const inventions: [code: string, invent: (scene: Scene, n: number) => Promise<string>][] = [
      ["TENANT_NOT_FOUND", ({ deps }, n) => outcome(openNamedTenant(deps, `nobody-${n}`, address))],
      ["INVALID_TOKEN", ({ admit, secrets }) => admit({ apiKey: secrets.make("sk_") })],
      ["INVALID_TOKEN", ({ admit, secrets }) => admit({ token: secrets.make("pk_") })],
      ["INVALID_TOKEN", ({ admit, secrets }) => admit({ ticket: secrets.make("tkt_") })],
    ];
    for (const [code, invent] of inventions) {
      const scene = open();
      const all: Promise<string>[] = [];
      for (let n = 0; n < 500; n += 1) {
        all.push(invent(scene, n));
        if (way === "in turn") await all.at(-1);
      }
      expect(tally(await Promise.all(all))).toEqual({
        [code]: most,
        RATE_LIMIT_EXCEEDED: 500 - most,
      });
      expect(scene.looks()).toBeLessThanOrEqual(most + 1);
    }
  });
});

test("who is shut out is let in with a proof that needs no look-up", async () => {
  const { deps, shown, tenant } = open();
  for (let n = 0; n <= most; n += 1) await outcome(openNamedTenant(deps, `nobody-${n}`, address));
  const visitorToken = await deps.visitorTokens.issue(tenant.id, "vis_1");
  expect(await outcome(admitCaller(deps, tenant, { ...shown, visitorToken }))).toBe("in");
});

test("the platform's admin is told of each unknown tenant, and nobody is counted for it", async () => {
  const { deps, shown } = open();
  const adminToken = "the admin's token of these tests";
  const ask = (proof: Partial<Credentials>) =>
    outcome(openAdministeredTenant(deps, "nobody", { ...shown, ...proof }));
  for (let n = 0; n < 2 * most; n += 1) expect(await ask({ adminToken })).toBe("TENANT_NOT_FOUND");
  expect(await ask({ adminToken: "wrong" })).toBe("TENANT_NOT_FOUND");
  for (let n = 1; n < most; n += 1) await ask({});
  expect(await ask({})).toBe("RATE_LIMIT_EXCEEDED");
});
