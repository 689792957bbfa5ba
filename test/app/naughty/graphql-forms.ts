import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isNonNullType,
  isScalarType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from "graphql";
import { errorTable } from "../../../api/core/errors.ts";
import { findValues, type Answer, type Form } from "./probe.ts";
import { addEntry, expectDocument, expectMessage, makeEntry, readEntries } from "./rest-forms.ts";

export interface GraphqlDoor {
  /** Runs an operation; of a stream, the first event. */
  readonly run: (query: string, variables: object) => Promise<unknown>;
  /** Of a thing that is there, by the name of an argument such as chatId, and of the field. */
  readonly idFor: (name: string, lane: number, field: string) => string;
  /** Waits for the end of a turn. */
  readonly drain: (answerId: string) => Promise<void>;
  /** The text of a document, which GraphQL itself doesn't give back. */
  readonly readDocument: (id: string) => Promise<unknown>;
  /** Makes room for the next key. */
  readonly revokeKey: (id: string) => Promise<void>;
}

type Place = GraphQLArgument | GraphQLInputField;

const takesText = ({ type }: Place) => {
  const named = getNamedType(type);
  return isScalarType(named) && !["Int", "Float", "Boolean"].includes(named.name);
};

/** A form for what each field of a root takes to keep, and one for each other text among its arguments. */
export function makeGraphqlForms(door: GraphqlDoor, schema: GraphQLSchema): Form[] {
  const roots = [
    ["query", schema.getQueryType()],
    ["mutation", schema.getMutationType()],
    ["subscription", schema.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).flatMap((field) => makeFieldForms(door, kind, field)),
  );
}

function makeFieldForms(
  door: GraphqlDoor,
  kind: string,
  field: GraphQLField<unknown, unknown>,
): Form[] {
  const input = field.args.map(({ type }) => getNamedType(type)).find(isInputObjectType);
  const places: readonly Place[] = input ? Object.values(input.getFields()) : field.args;
  const query = print(kind, field);
  const send: Form["send"] = async (values, lane) => {
    // An empty place counts as none, and from there a stream never ends.
    if (kind === "subscription" && values.after === "") return { status: 200, found: () => [] };
    const least = makeLeast(door, places, lane, field.name);
    for (const [name, text] of Object.entries(values)) {
      const [key = "", part] = name.split(" ");
      const isList = String(places.find((place) => place.name === key)?.type).startsWith("[");
      if (part) addEntry(least, key, makeEntry(part, text));
      else least[key] = isList ? [text] : text;
    }
    const result = await door.run(query, input ? { input: least } : least);
    return read(door, result);
  };
  const make = (fields: readonly string[], silent: boolean): Form => ({
    name: `${kind} ${field.name}`,
    fields,
    silent,
    send,
    expected: ["sendMessage", "editQuestion"].includes(field.name) ? expectMessage : expectDocument,
  });
  const texts = places.filter(takesText);
  const isKept = (place: Place) =>
    input !== undefined &&
    // It stands in place of the text, and says nothing that could come back.
    place.name !== "contentBase64" &&
    ["String", "JSON"].includes(getNamedType(place.type).toString());
  const kept = texts
    .filter(isKept)
    .flatMap(({ name, type }) =>
      getNamedType(type).toString() === "JSON" ? [`${name} key`, `${name} value`] : [name],
    );
  const others = texts.filter((place) => !isKept(place)).map(({ name }) => make([name], true));
  return [...(kept.length > 0 ? [make(kept, false)] : []), ...others];
}

function makeLeast(
  door: GraphqlDoor,
  places: readonly Place[],
  lane: number,
  field: string,
): Record<string, unknown> {
  const entries = places.map((place) => {
    const type = getNamedType(place.type);
    if (type.toString() === "ID") return [place.name, door.idFor(place.name, lane, field)];
    if (String(place.type) === "[String!]!") return [place.name, []];
    if (field === "putDocument" && place.name === "text") return [place.name, "Something"];
    // Left out, a document is Markdown, which is kept as it is.
    if (isEnumType(type) && place.name !== "mediaType")
      return [place.name, type.getValues()[0]?.name];
    return [place.name, isNonNullType(place.type) ? `something harmless ${lane}` : undefined];
  });
  return Object.fromEntries(entries);
}

async function read(door: GraphqlDoor, result: unknown): Promise<Answer> {
  const codes = findValues(Object(result).errors, "code");
  if (Object(result).errors) return refuse(codes[0]);
  const [answer] = findValues(result, "answer");
  if (answer) await door.drain(String(Object(answer).id));
  const [made] = findValues(result, "apiKey");
  if (made) await door.revokeKey(String(Object(made).id));
  const [document] = findValues(result, "document");
  const stored = document && (await door.readDocument(String(Object(document).id)));
  return {
    status: 200,
    found(field) {
      const [key = "", part] = field.split(" ");
      if (key === "text") return findValues(stored, "content");
      const found = findValues(result, key);
      if (!part) return found;
      return found.flatMap((value) => readEntries(value, key, part));
    },
  };
}

function refuse(code: unknown): Answer {
  const statuses: Readonly<Record<string, { readonly status: number }>> = errorTable;
  const isOwn = /^(GRAPHQL_|BAD_USER_INPUT)/.test(String(code));
  return { status: statuses[String(code)]?.status ?? (isOwn ? 400 : 500), code: String(code) };
}

/** An operation with all arguments as variables, which asks for what the arguments could have changed. */
function print(kind: string, { name, args, type }: GraphQLField<unknown, unknown>): string {
  const variables = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const head = args.length > 0 ? [`(${variables})`, `(${given})`] : ["", ""];
  return `${kind} ${head[0]} { ${name}${head[1]} ${select(getNamedType(type), 0)} }`;
}

function select(type: GraphQLNamedType, depth: number): string {
  if (!isObjectType(type) && !isInterfaceType(type)) return "";
  const names = Object.values(type.getFields()).flatMap((field) => {
    const named = getNamedType(field.type);
    if (field.args.length > 0) return [];
    if (isLeafType(named)) return [field.name];
    const isNode = isObjectType(named) && named.getInterfaces().some((one) => one.name === "Node");
    const goesOn = depth < 2 && !(depth > 0 && isNode);
    return goesOn ? [`${field.name} ${select(named, depth + 1)}`] : [];
  });
  return `{ __typename ${names.join(" ")} }`;
}
