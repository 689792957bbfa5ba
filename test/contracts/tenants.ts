import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TenantStore } from "../../api/core/ports.ts";

/** Changes are made as a person at the database makes them: `settings` is what stands in the column. */
export interface TenantsHarness {
  readonly tenants: TenantStore;
  /** Adds an active tenant, or changes one. */
  set(id: string, settings: Record<string, unknown>): Promise<void>;
  suspend(id: string): Promise<void>;
  close(): Promise<void>;
}

/** What every TenantStore guarantees. */
export function tenantsContract(name: string, open: () => Promise<TenantsHarness>): void {
  describe(`${name}: the tenants`, () => {
    let harness: TenantsHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    // A change may take a second to arrive; half of another is this machine's.
    const eventually = <T>(look: () => Promise<T>) =>
      expect.poll(look, { timeout: 1500, interval: 20 });
    const isThere = (id: string) => async () =>
      (await harness.tenants.findTenant(id)) !== undefined;

    it("are found by their id, with their settings", async () => {
      await harness.set("found-1", {
        plan: "pro",
        limits: { messages_per_day: 5 },
        features: { rag: false },
      });
      await eventually(isThere("found-1")).toBe(true);
      const tenant = await harness.tenants.findTenant("found-1");
      expect(tenant).toMatchObject({
        id: "found-1",
        name: expect.any(String),
        settings: {
          plan: "pro",
          limits: { messagesPerDay: 5, messagesPerMinute: 60 },
          features: { rag: false, chat: true },
        },
      });
    });

    it("are hidden alike when unknown, suspended or malformed", async () => {
      await harness.set("hidden", {});
      await eventually(isThere("hidden")).toBe(true);
      await harness.suspend("hidden");
      await eventually(isThere("hidden")).toBe(false);
      const ids = [
        "unknown",
        "hidden",
        "Hidden",
        "",
        "-",
        "a--b",
        "hidden ",
        "public",
        "pg_catalog",
        "💥",
      ];
      for (const id of [
        ...ids,
        "x".repeat(5000),
        "../hidden",
        "' or 1=1 --",
        "constructor",
        "__proto__",
      ]) {
        expect(await harness.tenants.findTenant(id), id).toBeUndefined();
      }
    });

    it("are found in any state by what has to end their turns", async () => {
      const { tenants } = harness;
      await harness.set("any-state", { plan: "pro" });
      await eventually(isThere("any-state")).toBe(true);
      const tenant = await tenants.findTenant("any-state");
      expect(await tenants.findTenantInAnyState("any-state")).toEqual({ tenant, isActive: true });
      await harness.suspend("any-state");
      await eventually(isThere("any-state")).toBe(false);
      expect(await tenants.findTenantInAnyState("any-state")).toEqual({ tenant, isActive: false });
      for (const id of ["unknown", "", "public", "' or 1=1 --"])
        expect(await tenants.findTenantInAnyState(id), id).toBeUndefined();
    });

    it("come back when they are active again", async () => {
      await harness.set("back", {});
      await harness.suspend("back");
      await eventually(isThere("back")).toBe(false);
      await harness.set("back", {});
      await eventually(isThere("back")).toBe(true);
    });

    it("have changed settings within a second", async () => {
      const plan = async () => (await harness.tenants.findTenant("changed"))?.settings.plan;
      await harness.set("changed", { plan: "free" });
      await eventually(plan).toBe("free");
      await harness.set("changed", { plan: "pro", prompt: "Be brief." });
      await eventually(plan).toBe("pro");
      expect((await harness.tenants.findTenant("changed"))?.settings.prompt).toBe("Be brief.");
    });

    it("allow together the origins that active ones allow", async () => {
      const origins = async () => [...(await harness.tenants.allowedOrigins())];
      await harness.set("origins-1", {
        allowed_origins: ["https://one.example", "https://both.example"],
      });
      await harness.set("origins-2", {
        allowed_origins: ["https://two.example", "https://both.example"],
      });
      const all = ["https://one.example", "https://two.example", "https://both.example"];
      await eventually(origins).toEqual(expect.arrayContaining(all));
      await harness.suspend("origins-2");
      await eventually(origins).not.toContain("https://two.example");
      expect(await origins()).toEqual(
        expect.arrayContaining(["https://one.example", "https://both.example"]),
      );
    });
  });
}
