import { nobody, type Asker } from "../credential.ts";
import { askerOf } from "../trial/stage.ts";
import type { Special } from "./notebook.ts";

/** The victim's ids without any tenant: then the server's default one is meant, which has none of them. */
export const nameNoTenant: Special = {
  name: "the victim's ids without a tenant",
  async run({ sides, preparer, doors }, { note, end }) {
    const { victim, attacker } = sides;
    const door = doors.REST;
    const { owner, things } = victim.chats["visitor's chat"];
    const requests = [`/chat/${things.chat}`, `/admin/tenants/${victim.id}`, "/admin/audit"].map(
      (path) => ({
        type: "rest" as const,
        method: "GET",
        path: `${preparer.apiPrefix}${path}`,
        headers: {},
        body: undefined,
      }),
    );
    for (const credential of [nobody, attacker.people.admin]) {
      const asker: Asker = askerOf(door, credential, undefined);
      for (const real of await door.ask(asker, requests))
        note("REST", { asker, expectation: "refused", how: "no X-Tenant-ID", real });
    }
    const [read] = await door.ask(askerOf(door, owner, victim.id), requests);
    end("REST", read?.answer.outcome === "done");
  },
};
