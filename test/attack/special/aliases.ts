import type { GraphqlRequest } from "../doors/graphql-request.ts";
import type { Things } from "../filling/id-kinds.ts";
import { askerOf, ownThings } from "../trial/stage.ts";
import { makeTwins } from "../trial/values.ts";
import { listAskers } from "../trial/outsiders.ts";
import { chatKinds } from "../scene/chats.ts";
import type { Special } from "./notebook.ts";

const query = `query ($own: ID!, $ownAnswer: ID!, $chat: ID!, $answer: ID!, $question: ID!) {
  a: chat(id: $own) { id title messages(first: 2) { edges { node { id content } } } }
  b: chat(id: $chat) { id title context messages(first: 2) { edges { node { id content feedback { comment } } } } }
  c: message(id: $ownAnswer) { id content chat { id title } }
  d: message(id: $answer) { id content chat { id title context } replyTo { id content } }
  e: node(id: $question) { id ... on Message { content chat { title } } }
  f: nodes(ids: [$own, $chat, $ownAnswer, $answer, $question]) { id ... on Chat { title } ... on Message { content } }
  g: chat(id: $own) { ...Whole }
  h: chat(id: $chat) { ...Whole }
}
fragment Whole on Chat { id title context messages(first: 1) { edges { node { id chat { id title } } } } }`;

/** One operation that asks for the asker's own and for the victim's, so that what is loaded together could be mixed up. */
export const mixInOneQuery: Special = {
  name: "own and foreign ids in one GraphQL operation",
  async run({ sides, doors, extent, newTurn }, { note, end }) {
    for (const door of [doors.GraphQL, doors["GraphQL WebSocket"]]) {
      for (const chat of chatKinds) {
        const { things, owner } = sides.victim.chats[chat];
        const twins = makeTwins(things);
        const variant = {
          name: chat,
          access: "person" as const,
          slots: new Map([
            ["chat", { kind: "chat" as const, whose: "victim" as const, isList: false }],
          ]),
          values: new Map(),
          texts: new Map(),
          chat,
          isPlain: true,
        };
        for (const { asker } of listAskers(sides, variant, door, extent, newTurn())) {
          const own = ownThings(sides, asker);
          if (own.chat === undefined) continue;
          const [real, twin] = await door.ask(asker, [
            toRequest(own, things),
            toRequest(own, twins),
          ]);
          // Its own part is given, so the whole may be done.
          if (real)
            note(door.name, { asker, expectation: "own", how: chat, real, twin, things, twins });
        }
        const asker = askerOf(door, owner, sides.victim.id);
        const [owners] = await door.ask(asker, [toRequest(things, things)]);
        end(door.name, owners?.answer.outcome === "done");
      }
    }
  },
};

function toRequest(own: Things, { chat, answer, question }: Things): GraphqlRequest {
  const variables = { own: own.chat, ownAnswer: own.answer, chat, answer, question };
  return { type: "graphql", operation: "query", query, variables };
}
