import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import type { Caller } from "../../../api/core/access/caller.ts";
import type { Credentials } from "../../../api/core/access/credentials.ts";
import { identifyCaller } from "../../../api/core/access/gate.ts";
import {
  createOpenAccesses,
  type OpenAccessDeps,
  type OpenOptions,
} from "../../../api/core/access/open-accesses.ts";
import type { PageOrigin } from "../../../api/core/access/origins.ts";
import type { AppError } from "../../../api/core/errors.ts";
import { openMemoryAccess } from "../../support/access.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeTenant } from "../../support/tenant.ts";

export const page: PageOrigin = { origin: undefined, own: "http://localhost", isSameOrigin: false };
/** Of the public internet, where addresses have shares. */
export const address = "203.0.113.7";

/**
 * Open accesses on memory.
 * @param settings of the tenant `demo`.
 * @param change what of the gate is otherwise.
 */
export function openWorld(
  settings: Record<string, unknown> = {},
  change: (deps: OpenAccessDeps) => Partial<OpenAccessDeps> = () => ({}),
) {
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const tenants = createMemoryTenants([makeTenant("demo", settings), makeTenant("other")]);
  const access = openMemoryAccess({
    tenants,
    limiter: createMemoryLimiter(clock),
    limits: { enabled: false, requestsPerMinute: 1, burst: 0 },
    origins: [],
    clock,
    logger,
    adminToken: undefined,
  });
  const deps = { ...access.gate, logger };
  const accesses = createOpenAccesses({ ...deps, ...change(deps) });

  async function identify(shown: Partial<Credentials> = {}, tenantId = "demo"): Promise<Caller> {
    const tenant = await tenants.findTenant(tenantId);
    if (!tenant) throw new Error(`No tenant ${tenantId}`);
    return identifyCaller(deps, tenant, { tenantId, page, address, ...shown });
  }

  return {
    ...access,
    accesses,
    clock,
    logger,
    tenants,
    identify,
    /** Opens an access, and keeps why it ended. */
    async open(caller: Caller, options: OpenOptions = {}, from = page) {
      const ends: AppError["code"][] = [];
      const opened = await accesses.open(caller, from, ({ code }) => void ends.push(code), options);
      return { ...opened, ends, caller: () => opened.caller };
    },
  };
}

/** A world in which, once it is told to, a key that was looked up is given only when the test says so. */
export function openSlowWorld() {
  const waiting: (() => void)[] = [];
  const state = { isSlow: false, waiting };
  const world = openWorld({}, ({ keys }) => ({
    keys: {
      ...keys,
      async findKey(id) {
        const found = await keys.findKey(id);
        if (state.isSlow) await new Promise<void>((resolve) => waiting.push(resolve));
        return found;
      },
    },
  }));
  return { ...world, state };
}
