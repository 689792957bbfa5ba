import { expect, test } from "vitest";
import type { ChatStore } from "../../api/core/ports.ts";
import { openPlatform, sendMessage, until, type Sent } from "./client.ts";

/** Counts the calls of a store's functions by their name. */
function countCalls(store: ChatStore): Map<string, number> {
  const calls = new Map<string, number>();
  const names = [
    "findChat",
    "findChats",
    "findMessage",
    "findMessages",
    "listChats",
    "listMessages",
    "listFirstMessages",
  ] as const;
  for (const name of names) {
    const call: (...args: never[]) => unknown = store[name];
    const counted = (...args: never[]) => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return call(...args);
    };
    Object.assign(store, { [name]: counted });
  }
  return calls;
}

test("a list of chats with their messages, and what those refer to, takes a fixed number of looks", async () => {
  const { ask, store, log } = openPlatform({ pieces: ["Yes."] });
  const first = await ask<Sent>(sendMessage, { input: { content: "1?" } });
  const headers = { "X-Visitor-Token": first.sendMessage.visitorToken ?? "" };
  for (const content of ["2?", "3?", "4?", "5?"]) {
    await ask<Sent>(sendMessage, { input: { content } }, headers);
  }
  await until(() => log.size === 0);
  const calls = countCalls(store);
  const query = `{ chats(first: 5) { edges { node { title messages(first: 1) { edges { node {
    chat { id title } replyTo { id } } } }
    all: messages { edges { node { chat { id } replyTo { id content chat { title } } } } } } } } }`;
  const { chats } = await ask<{ chats: { edges: object[] } }>(query, {}, headers);
  expect(chats.edges).toHaveLength(5);
  expect(JSON.stringify(chats)).toContain('"replyTo":{"id":');
  expect(Object.fromEntries(calls)).toEqual({ listChats: 1, listFirstMessages: 2 });
});

test("many look-ups by id become one for each kind", async () => {
  const { ask, store, log } = openPlatform({ pieces: ["Yes."] });
  const ids: string[] = [];
  for (const content of ["1?", "2?", "3?"]) {
    const { sendMessage: sent } = await ask<Sent>(sendMessage, { input: { content } });
    ids.push(sent.chat.id, sent.answer.id, sent.question.id);
  }
  await until(() => log.size === 0);
  const calls = countCalls(store);
  const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Message { chat { title } replyTo { id } } }
    one: message(id: "${ids[1]}") { content } two: chat(id: "${ids[0]}") { title } }`;
  const { nodes } = await ask<{ nodes: { id: string }[] }>(query, { ids });
  expect(nodes.map(({ id }) => id)).toEqual(ids);
  expect(Object.fromEntries(calls)).toEqual({ findMessages: 1, findChats: 1 });
});
