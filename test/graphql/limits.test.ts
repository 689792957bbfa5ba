import { getIntrospectionQuery } from "graphql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChatStore } from "../../api/core/ports.ts";
import { documentLimits } from "../../api/graphql/limits.ts";
import { listenPlatform, type Listening } from "./listen.ts";

const nest = (depth: number, inner = "id") =>
  `${'{ message(id: "m") {'}${" replyTo {".repeat(depth)} ${inner} ${"}".repeat(depth)} } }`;
const aliases = (count: number) =>
  `{ ${Array.from({ length: count }, (_, index) => `a${index}: __typename`).join(" ")} }`;

/** Each fragment spreads the next one ten times: a tree of 10^levels leaves. */
function bomb(levels: number, leaf: string): string {
  const fragments = Array.from({ length: levels }, (_, level) => {
    const next = level + 1 < levels ? `...F${level + 1} `.repeat(10) : leaf;
    return `fragment F${level} on Query { ${next} }`;
  });
  return `{ ...F0 } ${fragments.join(" ")}`;
}

const chats = (first: number, inner: number) => `{ chats(first: ${first}) { edges { node { id title
  messages(first: ${inner}) { edges { node { id role content createdAt } } } } } } }`;

const refused: readonly (readonly [name: string, query: string])[] = [
  ["3,000 aliases", aliases(3000)],
  ["31 aliases", aliases(31)],
  ["31 aliases in fragments", `{ ...A ...A } fragment A on Query ${aliases(16)}`],
  ["depth 1,000", nest(1000)],
  ["depth 13", nest(11)],
  ["a fragment bomb", bomb(9, "tenant { id }")],
  ["a fragment bomb with aliases", bomb(9, "a: __typename")],
  ["a large fragment bomb", bomb(60, "tenant { id name plan }")],
  ["the same field a thousand times", `{ ${"__typename ".repeat(1000)} }`],
  ["many tokens", `{ __typename ${"@include(if: true) ".repeat(400)} }`],
  ["a list in a list", chats(100, 100)],
  ["a list in a list by its defaults", chats(100, 20)],
  [
    "deep introspection",
    `{ __schema { types { ${"ofType { ".repeat(30)} name ${"} ".repeat(30)} } } }`,
  ],
];

const allowed: readonly (readonly [name: string, query: string])[] = [
  ["a shallow query", "{ __typename }"],
  ["30 aliases", aliases(30)],
  ["depth 12", nest(10)],
  ["what tools ask to know the schema", getIntrospectionQuery()],
  [
    "all that tools may ask of it",
    getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    }),
  ],
  ["a page of chats with their messages", chats(20, 20)],
];

let platform: Listening;
const touched: string[] = [];

beforeEach(async () => {
  touched.length = 0;
  platform = await listenPlatform();
  const store: ChatStore = platform.store;
  for (const name of ["findChats", "findMessages", "listChats", "listFirstMessages"] as const) {
    const call: (...args: never[]) => unknown = store[name];
    const watched = (...args: never[]) => {
      touched.push(name);
      return call(...args);
    };
    Object.assign(store, { [name]: watched });
  }
});
afterEach(() => platform.close());

async function overSocket(query: string, variables: Record<string, unknown> = {}) {
  const client = platform.connect();
  const codes: unknown[] = [];
  try {
    for await (const result of client.iterate({ query, variables }))
      codes.push(...(result.errors ?? []).map(({ extensions }) => extensions?.["code"]));
  } catch (error) {
    if (!Array.isArray(error)) throw error;
    codes.push(...error.map(({ extensions }) => extensions?.code));
  }
  return codes;
}

describe("a query that is too large is refused before anything of it is done", () => {
  test.each(refused)("over HTTP: %s", async (_name, query) => {
    const { status, errors, data } = await platform.run(query);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["QUERY_TOO_COMPLEX"]);
    expect([status, data]).toEqual([200, undefined]);
    expect(touched).toEqual([]);
  });

  test.each(refused)("over graphql-ws: %s", async (_name, query) => {
    expect(await overSocket(query)).toEqual(["QUERY_TOO_COMPLEX"]);
    expect(touched).toEqual([]);
  });

  test("10,000 aliases are more than a body may have", async () => {
    const query = aliases(10_000);
    for (const ask of [platform.refusal, overSocket]) {
      expect(await ask(query)).toEqual(["PAYLOAD_TOO_LARGE"]);
    }
  });

  test("for its variables too", async () => {
    const query = `query ($first: Int) ${chats(1, 100).replace("first: 1", "first: $first")}`;
    for (const [first, code] of [
      [2, "VISITOR_TOKEN_REQUIRED"],
      [100, "QUERY_TOO_COMPLEX"],
    ] as const) {
      // The same document twice, since what was found of it is kept.
      for (const ask of [platform.refusal, platform.refusal, overSocket]) {
        expect(await ask(query, { first })).toEqual([code]);
      }
    }
  });

  test("as a subscription", async () => {
    const query = `subscription { turnEvents(chatId: "c") { ${aliases(40).slice(1, -1)} } }`;
    expect(await overSocket(query)).toEqual(["QUERY_TOO_COMPLEX"]);
  });
});

test.each(allowed)("what a client needs is answered: %s", async (_name, query) => {
  for (const codes of [await platform.refusal(query), await overSocket(query)]) {
    expect(codes).not.toContain("QUERY_TOO_COMPLEX");
  }
});

test("a document that ends in itself is refused by validation, not followed", async () => {
  const query = "{ ...A } fragment A on Query { tenant { id } ...B } fragment B on Query { ...A }";
  expect(await platform.refusal(query)).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
});

test("the limit of tokens leaves room for a document of that size", async () => {
  const filled = `{ ${"tenant { id } ".repeat(90)} }`;
  expect(await platform.refusal(filled)).toEqual([]);
  expect(documentLimits.tokens).toBeGreaterThan(1000);
});
