import {
  GraphQLError,
  Kind,
  parse,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type ParseOptions,
  type SelectionSetNode,
  type Source,
} from "graphql";
import { hideValues } from "./hide-values.ts";

/** What one document may ask for. Held before it is validated, since validation has its own bombs. */
export const documentLimits = {
  tokens: 1200,
  /** Fields within fields. */
  depth: 12,
  /** The same below `__schema` and `__type`: what tools ask to know a schema. */
  introspectionDepth: 20,
  /** Of all operations, with the fragments that they spread, each time again. */
  aliases: 30,
  fields: 300,
} as const;

/** @throws GraphQLError with a code */
export function parseWithin(source: string | Source, options?: ParseOptions): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens: documentLimits.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (/ tokens\. Parsing aborted/.test(error.message)) {
      throw tooComplex("tokens", documentLimits.tokens);
    }
    const { message, source: text, positions = [] } = error;
    const extensions = { code: "GRAPHQL_PARSE_FAILED", http: { spec: true, status: 400 } };
    const shown = hideValues(message);
    throw new GraphQLError(shown, { source: text ?? null, positions, extensions });
  }
}

/** Why a document is too large; undefined when it is not. */
export function findDocumentFault(document: DocumentNode): GraphQLError | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const roots: SelectionSetNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    } else if (definition.kind === Kind.OPERATION_DEFINITION) roots.push(definition.selectionSet);
  }
  const size = createMeasure(fragments)(roots);
  for (const name of ["depth", "introspectionDepth", "aliases", "fields"] as const) {
    if (size[name] > documentLimits[name]) return tooComplex(name, documentLimits[name]);
  }
  return undefined;
}

const words = {
  tokens: "tokens",
  depth: "levels of fields",
  introspectionDepth: "levels of fields below __schema or __type",
  aliases: "aliases",
  fields: "fields",
  cost: "points of cost",
};

export function tooComplex(what: keyof typeof words, limit: number): GraphQLError {
  const message = `The query is too large: at most ${limit} ${words[what]} are answered`;
  const extensions = { code: "QUERY_TOO_COMPLEX", http: { spec: true, status: 400 } };
  return new GraphQLError(message, { extensions });
}

interface Size {
  depth: number;
  introspectionDepth: number;
  aliases: number;
  fields: number;
}

const none: Readonly<Size> = { depth: 0, introspectionDepth: 0, aliases: 0, fields: 0 };

/** Each fragment is measured once, however often it is spread, so that a bomb is measured without going off. */
function createMeasure(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const known = new Map<string, Readonly<Size>>();

  function measureFragment(name: string): Readonly<Size> {
    const fragment = fragments.get(name);
    // A fragment within itself counts as nothing here: validation refuses it.
    if (!known.has(name)) known.set(name, none);
    else return known.get(name) ?? none;
    const size = fragment ? measure([fragment.selectionSet]) : none;
    known.set(name, size);
    return size;
  }

  function measureField({ name, alias, selectionSet }: FieldNode): Size {
    const inner = selectionSet ? measure([selectionSet]) : none;
    const isIntrospection = name.value === "__schema" || name.value === "__type";
    return {
      depth: isIntrospection ? 1 : inner.depth + 1,
      introspectionDepth: isIntrospection
        ? Math.max(inner.depth, inner.introspectionDepth)
        : inner.introspectionDepth,
      aliases: inner.aliases + (alias ? 1 : 0),
      fields: inner.fields + 1,
    };
  }

  function measure(sets: readonly SelectionSetNode[]): Size {
    const total: Size = { ...none };
    for (const selection of sets.flatMap(({ selections }) => selections)) {
      const size =
        selection.kind === Kind.FIELD
          ? measureField(selection)
          : selection.kind === Kind.FRAGMENT_SPREAD
            ? measureFragment(selection.name.value)
            : measure([selection.selectionSet]);
      total.depth = Math.max(total.depth, size.depth);
      total.introspectionDepth = Math.max(total.introspectionDepth, size.introspectionDepth);
      total.aliases += size.aliases;
      total.fields += size.fields;
    }
    return total;
  }

  return measure;
}
