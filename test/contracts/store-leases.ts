import { describe, expect, it } from "vitest";
import { AppError } from "../../api/core/errors.ts";
import { newId } from "../../api/core/ids.ts";
import {
  findUnfinished,
  hourMs,
  makeFirstTurn,
  nextDay,
  saveNew,
  times,
  type OpenStore,
} from "./store-fixtures.ts";
import { withLimits } from "../support/tenant.ts";

export function leaseUseContract(open: OpenStore): void {
  const unavailable = { code: "SERVICE_UNAVAILABLE" };

  /** A process with turns of the tenant, whose lease has run out. */
  async function openDying(): Promise<string> {
    const { leases, tenant } = open();
    const dying = newId("client");
    await leases.register(dying, hourMs);
    await leases.noteTenant(dying, tenant.id);
    await leases.release(dying, [tenant.id]);
    return dying;
  }

  async function openLiving(): Promise<string> {
    const living = newId("client");
    await open().leases.register(living, hourMs);
    return living;
  }

  describe("a process without a lease", () => {
    it("can save no turn: nothing is stored, and nothing is counted", async () => {
      const { store, leases, tenant } = open();
      const limited = withLimits(tenant, { messagesPerDay: 1 });
      const owner = await openDying();
      await leases.claimExpired(await openLiving());
      const turn = makeFirstTurn({ owner, now: nextDay() });
      await expect(store.saveTurn(limited, turn)).rejects.toMatchObject(unavailable);
      expect(await store.findTurn(tenant, turn.answerId)).toBeUndefined();
      expect(await store.findChat(tenant, turn.chatId)).toBeUndefined();
      const again = { ...turn, owner: "process-1" };
      expect(await store.saveTurn(limited, again)).toMatchObject({ replayed: false });
    });

    it("still finds the turn of a message that was saved before", async () => {
      const { store, tenant } = open();
      const idempotency = { scope: newId("client"), key: "1" };
      const { question } = await saveNew(open(), { idempotency });
      const again = makeFirstTurn({ idempotency, owner: "nobody" });
      expect(await store.saveTurn(tenant, again)).toMatchObject({ replayed: true, question });
    });

    it("can take over no turn", async () => {
      const { store, tenant } = open();
      const { answer } = await saveNew(open());
      const before = await findUnfinished(open(), answer.id);
      await expect(store.takeOver(tenant, answer.id, 1, "nobody")).rejects.toMatchObject(
        unavailable,
      );
      expect(await findUnfinished(open(), answer.id)).toEqual(before);
    });
  });

  describe("a process whose lease has run out, unnoticed", () => {
    it("can still save and take over", async () => {
      const { store, tenant } = open();
      const owner = await openDying();
      const { answer } = await saveNew(open(), { owner });
      expect(await findUnfinished(open(), answer.id)).toMatchObject({ owner });
      expect(await store.takeOver(tenant, answer.id, 1, owner)).toBe(true);
    });
  });

  describe("a turn saved while its process is claimed", () => {
    const rounds = 40;

    /** Saves, as a process does that doesn't know that its lease has run out. @returns the answer's id. */
    async function trySaving(owner: string): Promise<string[]> {
      const { store, leases, tenant } = open();
      try {
        await leases.noteTenant(owner, tenant.id);
        return [(await store.saveTurn(tenant, makeFirstTurn({ owner }))).answer.id];
      } catch (error) {
        if (error instanceof AppError && error.code === unavailable.code) return [];
        throw error;
      }
    }

    /** Claims until that process is claimed, and at that moment lists what it has left behind. */
    async function claimTurnsOf(owner: string, claimer: string): Promise<string[]> {
      const { store, leases, tenant } = open();
      const tenantIds: string[] = [];
      while ((await leases.listProcesses()).includes(owner))
        tenantIds.push(...(await leases.claimExpired(claimer)));
      if (!tenantIds.includes(tenant.id)) return [];
      const turns = await store.listUnfinished(tenant);
      return turns.flatMap((turn) => (turn.owner === owner ? turn.answer.id : []));
    }

    it("is either seen by the claimer, or refused", { timeout: 60_000 }, async () => {
      const { store, leases, tenant } = open();
      const claimer = await openLiving();
      for (let round = 0; round < rounds; round += 1) {
        const owner = newId("client");
        await leases.register(owner, 0);
        const saving = times(4, () => trySaving(owner));
        // So that the claim comes at another moment of the saves in each round.
        for (let looks = 0; looks < round % 8; looks += 1) await store.findChat(tenant, "chat_1");
        const seen = await claimTurnsOf(owner, claimer);
        const saved = (await Promise.all(saving)).flat();
        expect(seen.toSorted(), `round ${round}`).toEqual(saved.toSorted());
      }
    });
  });
}
