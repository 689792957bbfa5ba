import type { Asker } from "../credential.ts";
import { makeUser } from "../scene/people.ts";
import type { RestRequest } from "../doors/rest-door.ts";
import { askerOf } from "../trial/stage.ts";
import type { Special } from "./notebook.ts";

/** A token that the attacker's server made for a user of the victim's name, used on what is that user's. */
export const borrowNames: Special = {
  name: "a token of the attacker's for a user of the victim's",
  async run({ sides, preparer, doors }, { note, end }) {
    const { victim, attacker } = sides;
    const door = doors.REST;
    const { apiPrefix } = preparer;
    const { owner, things } = victim.chats["user's chat"];
    const reads = [`/chat/${things.chat}`, `/chat/${things.chat}/messages`].map(
      (path): RestRequest => ({
        type: "rest",
        method: "GET",
        path: `${apiPrefix}${path}`,
        headers: {},
        body: undefined,
      }),
    );
    const { user } = victim.people;
    for (const id of [user.externalId, user.id]) {
      const made = await makeUser(
        preparer,
        attacker.people.server,
        "the attacker's user of a borrowed name",
        "user",
        "borrowed",
        id,
      );
      for (const tenantId of [attacker.id, victim.id]) {
        const asker: Asker = askerOf(door, made.credential, tenantId);
        for (const real of await door.ask(asker, reads))
          note("REST", { asker, expectation: "refused", how: `named ${id}`, real });
      }
    }
    const owners = await door.ask(askerOf(door, owner, victim.id), reads);
    end(
      "REST",
      owners.every(({ answer }) => answer.outcome === "done"),
    );
  },
};
