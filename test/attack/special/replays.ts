import type { Credential } from "../credential.ts";
import { chatKinds, question } from "../scene/chats.ts";
import type { WireRequest } from "../surface/operation.ts";
import { askerOf, ownThings } from "../trial/stage.ts";
import { makeTwins } from "../trial/values.ts";
import type { Special } from "./notebook.ts";

/**
 * The victim's client_message_id, sent again by others of its tenant. Nobody is shown its turn who may not open its
 * chat. To a user it is like an id that nobody used; a visitor, who has no name that is sure to last, is told of a
 * conflict where another visitor used it, since a retry proves itself by what it knows.
 */
export const replayIds: Special = {
  name: "a client_message_id sent again by others of the tenant",
  async run({ sides, doors, preparer }, { note, end }) {
    const { victim, access } = sides;
    const { otherVisitor, otherUser, adminUser } = victim.people;
    const askers = [otherVisitor, otherUser, adminUser].map(({ credential }) => credential);
    for (const chat of chatKinds) {
      // By design the id alone opens the chat of a visitor there, and its question finds it.
      if (access === "link" && chat !== "user's chat") continue;
      const { things, owner } = victim.chats[chat];
      const twins = makeTwins(things);
      for (const door of [doors.REST, doors.GraphQL, doors.WebSocket]) {
        const ask = async (credential: Credential, content: string) => {
          const asker = askerOf(door, credential, victim.id);
          const own = credential === owner ? things : ownThings(sides, asker);
          const requests = [things, twins].flatMap((named) => {
            const id = named["client message id"];
            return toRequest(door.name, preparer.apiPrefix, own.chat, id, content) ?? [];
          });
          const isTwinAsked = credential !== owner && credential.kind !== "visitor";
          return {
            asker,
            exchanges: await door.ask(asker, isTwinAsked ? requests : requests.slice(0, 1)),
          };
        };
        for (const credential of askers) {
          for (const content of [question, "Something else?"]) {
            const { asker, exchanges } = await ask(credential, content);
            const [real, twin] = exchanges;
            const how = `${chat}, ${content}`;
            if (real)
              note(door.name, { asker, expectation: "own", how, real, twin, things, twins });
          }
        }
        const [owners] = (await ask(owner, question)).exchanges;
        end(door.name, owners?.answer.outcome === "done");
      }
    }
  },
};

function toRequest(
  door: string,
  apiPrefix: string,
  chat: string | undefined,
  id: string | undefined,
  content: string,
): WireRequest | undefined {
  if (chat === undefined || id === undefined) return undefined;
  if (door === "REST") {
    return {
      type: "rest",
      method: "POST",
      path: `${apiPrefix}/chat/${chat}/messages`,
      headers: { "Content-Type": "application/json", "Idempotency-Key": id },
      body: JSON.stringify({ content }),
    };
  }
  if (door === "GraphQL") {
    return {
      type: "graphql",
      operation: "mutation",
      query: `mutation ($input: SendMessageInput!) {
        sendMessage(input: $input) { chat { id title } question { id content } answer { id content } }
      }`,
      variables: { input: { content, clientMessageId: id } },
    };
  }
  const data = { message: content, chat_id: null, client_message_id: id };
  return { type: "frame", frame: { type: "chat_message", data } };
}
