import type { Asker } from "../credential.ts";
import { question } from "../scene/chats.ts";
import { askerOf } from "../trial/stage.ts";
import type { Special } from "./notebook.ts";

/** What only the victim's documents can answer, asked in chats of the attacker's. */
export const askAboutDocuments: Special = {
  name: "questions about the victim's documents",
  async run({ sides, preparer, supply, doors }, { note, end }) {
    const door = doors.REST;
    const { apiPrefix } = preparer;
    const askIn = (chat: string | undefined) => ({
      type: "rest" as const,
      method: "POST",
      path: `${apiPrefix}/chat/${chat}/messages`,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ content: question }),
    });
    const chats = sides.attacker.chats;
    for (const { owner, things } of Object.values(chats)) {
      const asker: Asker = askerOf(door, owner, sides.attacker.id);
      const [real] = await door.ask(asker, [askIn(things.chat)]);
      if (real) note("REST", { asker, expectation: "own", how: "a chat of its own", real });
    }
    const { owner, things } = await supply.chat("visitor's chat");
    const [owners] = await door.ask(askerOf(door, owner, sides.victim.id), [askIn(things.chat)]);
    // Where the owner isn't told, nobody could be.
    end("REST", owners?.answer.text.includes('"sources":[{') ?? false);
  },
};
