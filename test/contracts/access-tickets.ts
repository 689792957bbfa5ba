import { describe, expect, it } from "vitest";
import type { TicketHolder } from "../../api/core/access/tokens.ts";
import { newId } from "../../api/core/ids.ts";
import { makeHash, type OpenAccess } from "./access-fixtures.ts";

const holder: TicketHolder = {
  visitorId: newId("vis"),
  userId: newId("user"),
  keyId: newId("key"),
  tokenKeyId: newId("key"),
  vouchedBy: { issuer: "https://login.example", audience: "demo", thumbprint: "NzbLsXh8uDCc" },
  origin: "https://shop.example",
  credentialsExpireAt: Date.UTC(2031, 0, 1),
};
const nobody: TicketHolder = {
  visitorId: null,
  userId: null,
  keyId: null,
  tokenKeyId: null,
  vouchedBy: null,
  origin: null,
  credentialsExpireAt: null,
};

export function ticketContract(open: OpenAccess): void {
  const now = () => new Date();
  const add = async (ms = 30_000, held = holder) => {
    const { here, tenantId } = open();
    const hash = makeHash();
    await here.tickets.addTicket(tenantId, hash, held, new Date(Date.now() + ms));
    return hash;
  };

  describe("tickets", () => {
    it("are given away once, with what was proven for them", async () => {
      const { here, there, tenantId } = open();
      const hash = await add();
      expect(await there.tickets.takeTicket(tenantId, hash, now())).toEqual(holder);
      for (const { tickets } of [here, there])
        expect(await tickets.takeTicket(tenantId, hash, now())).toBeUndefined();
      expect(await here.tickets.takeTicket(tenantId, await add(30_000, nobody), now())).toEqual(
        nobody,
      );
    });

    it("are given to one of fifty who take it at once, in all processes", async () => {
      const { here, there, tenantId } = open();
      for (let round = 0; round < 5; round += 1) {
        const hash = await add();
        const taken = await Promise.all(
          Array.from({ length: 50 }, (_, i) =>
            (i % 2 ? here : there).tickets.takeTicket(tenantId, hash, now()),
          ),
        );
        expect(taken.filter((one) => one !== undefined)).toEqual([holder]);
      }
    });

    it("are good until their moment, and not at it", async () => {
      const { here, tenantId } = open();
      const end = new Date(Date.now() + 30_000);
      const hash = makeHash();
      await here.tickets.addTicket(tenantId, hash, holder, end);
      expect(await here.tickets.takeTicket(tenantId, hash, end)).toBeUndefined();
      const before = new Date(end.getTime() - 1);
      expect(await here.tickets.takeTicket(tenantId, hash, before)).toEqual(holder);
    });

    it("of one tenant are nothing to another, and stay good", async () => {
      const { here, tenantId, otherTenantId } = open();
      const hash = await add();
      expect(await here.tickets.takeTicket(otherTenantId, hash, now())).toBeUndefined();
      expect(await here.tickets.takeTicket("nobody", hash, now())).toBeUndefined();
      expect(await here.tickets.takeTicket(tenantId, hash, now())).toEqual(holder);
    });

    it("aren't there under a hash that none has", async () => {
      const { here, tenantId } = open();
      for (const hash of [makeHash(), "", "' or 1=1 --"])
        expect(await here.tickets.takeTicket(tenantId, hash, now()), hash).toBeUndefined();
    });
  });
}
