import { buildSchema, parse, validate, type OperationDefinitionNode } from "graphql";
import { getVariableValues } from "graphql/execution/values.js";
import { describe, expect, test } from "vitest";
import { hideValues } from "../../api/graphql/hide-values.ts";
import { openPlatform } from "./client.ts";

const schema = buildSchema(`
  enum Role { ADMIN MEMBER }
  input In { title: String! n: Int role: Role tags: [String!] nested: In }
  type Query { a(n: Int, s: String, r: Role, i: In, id: ID, b: Boolean, f: Float): String }
`);
/** What a value may hold to pass for the message around it. */
const words = 'my "quoted" words; Int cannot represent a "thing". Expected type "In".';
const literal = JSON.stringify(words);

function refusalsOf(document: string): string[] {
  try {
    return validate(schema, parse(document)).map(({ message }) => hideValues(message));
  } catch (error) {
    return [hideValues(error instanceof Error ? error.message : "")];
  }
}

function refusalsOfVariables(variables: Record<string, unknown>): string[] {
  const document = parse("query ($n: Int, $s: String, $i: In, $r: Role) { a }");
  const [{ variableDefinitions = [] }] = document.definitions as [OperationDefinitionNode];
  const { errors = [] } = getVariableValues(schema, variableDefinitions, variables);
  return errors.map(({ message }) => hideValues(message));
}

describe("what is said of a document keeps names, and no value", () => {
  test.each([
    [`{ a(n: ${literal}) }`, "Int cannot represent non-integer value."],
    [`{ a(r: ${literal}) }`, 'Enum "Role" cannot represent non-enum value.'],
    [`{ a(i: ${literal}) }`, 'Expected value of type "In".'],
    [`{ a(id: { x: ${literal} }) }`, "ID cannot represent a non-string and non-integer value."],
    [
      "{ a(r: ADMINN) }",
      'Value "ADMINN" does not exist in "Role" enum. Did you mean the enum value "ADMIN"?',
    ],
    ["{ b }", 'Cannot query field "b" on type "Query". Did you mean "a"?'],
    [`{ sk_${"a".repeat(43)} }`, 'Cannot query field "…" on type "Query".'],
    [`{ ${literal} }`, "Syntax Error: Expected Name, found String."],
    [`query """${words}""" { a }`, 'Syntax Error: Expected "{", found BlockString.'],
    ["{ a(", "Syntax Error: Expected Name, found <EOF>."],
  ])("%s", (document, text) => {
    expect(refusalsOf(document)).toContain(text);
    expect(refusalsOf(document).join()).not.toMatch(/quoted|words|thing/);
  });
});

describe("what is said of variables keeps the place, and no value", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["a number", { n: words }, 'Variable "$n" got invalid value; Int cannot represent it'],
    [
      "a field",
      { i: { title: 5 } },
      'Variable "$i" got invalid value at "i.title"; String cannot represent it',
    ],
    ["an enum", { r: "words" }, 'Variable "$r" got invalid value; It is none of "Role"'],
    [
      "a missing field",
      { i: { nested: { n: 1 }, title: words } },
      'Variable "$i" got invalid value at "i.nested"; Field "title" of required type "String!" was not provided.',
    ],
    [
      "an unknown field",
      { i: { title: words, titl: words } },
      'Variable "$i" got invalid value; Field "titl" is not defined by type "In". Did you mean "title"?',
    ],
    [
      "a key as a field",
      { i: { title: "x", [`sk_${"a".repeat(43)}`]: 1 } },
      'Variable "$i" got invalid value',
    ],
    [
      "a list",
      { i: { title: "x", tags: [words, null] } },
      'Variable "$i" got invalid value at "i.tags[1]"; Expected non-nullable type "String!" not to be null.',
    ],
  ])("%s", (_, variables, text) => {
    expect(refusalsOfVariables(variables)).toContain(text);
    expect(refusalsOfVariables(variables).join()).not.toMatch(/quoted|words|thing/);
  });

  test("whose own name is a sentence", () => {
    const told = refusalsOfVariables({ i: { title: "x", [words]: 1 } }).join();
    expect(told).toContain('Variable "$i" got invalid value');
    expect(told).not.toMatch(/quoted|words|thing/);
  });
});

test("nothing of a request reaches its answer", async () => {
  const { call, run } = openPlatform();
  const query = "query A { __typename } query B { __typename }";
  const unknown = await call("/graphql", { json: { query, operationName: words } });
  expect(unknown.status).toBe(400);
  expect(await unknown.text()).not.toMatch(/quoted|words|thing/);
  expect(hideValues(`Unknown operation named "${words}".`)).toBe("Unknown operation named.");
  const refused = await run("query ($id: ID!) { chat(id: $id) { id } }", {
    id: { title: "quoted" },
  });
  expect(refused.errors?.[0]?.message).toBe(
    'Variable "$id" got invalid value; ID cannot represent it',
  );
});
