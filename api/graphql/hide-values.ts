import { holdsSecret } from "../core/access/secret-forms.ts";

/** What a variable's value should have been, at the end of the message: names of the schema alone. */
const reasons = [
  String.raw`Expected (?:non-nullable )?type "[\w![\]]+"(?: not to be null| to be an object)?\.`,
  String.raw`Field "\w{1,31}" of required type "[\w![\]]+" was not provided\.`,
  String.raw`Field "\w{1,31}" is not defined by type "\w+"\.(?: Did you mean [\w", ]+\?)?`,
  "A moment is expected",
  "A day such as 2026-11-23 is expected",
];
const place = String.raw`(?: at "([\w.[\]]+)")?; `;

const ofVariable = /^Variable "\$\w+" got invalid value/;
const named = new RegExp(`${place}(${reasons.join("|")})$`);
const quoted: readonly (readonly [RegExp, (what: string) => string])[] = [
  [
    new RegExp(String.raw`${place}Value "[^]*" does not exist in "(\w+)" enum\.`),
    (type) => `It is none of "${type}"`,
  ],
  [
    new RegExp(`${place}(Int|Float|String|Boolean|ID) cannot represent`),
    (type) => `${type} cannot represent it`,
  ],
];

/** Where graphql-js quotes a value of a document, each with what stays of the sentence. */
const quotations: readonly (readonly [RegExp, string])[] = [
  [/^(Expected value of type "[^"]+"), found [^]*$/, "$1."],
  [/^(Argument "\w+" has invalid value) [^]*$/, "$1."],
  [/^((?:\w+|Enum "\w+") cannot represent (?:[\w-]+ )*?value): [^]*$/, "$1."],
  [/^(Syntax Error: [^]*?\b(?:String|BlockString|Int|Float)) "[^]*"/, "$1"],
  [/^(Unknown operation named|Unexpected parameter) "[^]*"([^"]*)$/, "$1$2"],
];

/**
 * What graphql-js says of a request or of a result, without the values that it quotes: they may be a person's words, or
 * a token in the wrong place. Names, by which a developer finds the fault, stay where they can be nothing else.
 */
export function hideValues(message: string): string {
  const variable = ofVariable.exec(message)?.[0];
  if (variable !== undefined) {
    const described = describeVariable(variable, message);
    return holdsSecret(described) ? variable : described;
  }
  let text = message;
  for (const [quotation, rest] of quotations) text = text.replace(quotation, rest);
  return text.replace(/"([^"]*)"/g, (whole, inner: string) => (isName(inner) ? whole : '"…"'));
}

function describeVariable(variable: string, message: string): string {
  const at = (path: string | undefined) =>
    path === undefined ? variable : `${variable} at "${path}"`;
  const [, path, why] = named.exec(message) ?? [];
  if (why !== undefined) return `${at(path)}; ${why}`;
  for (const [pattern, describe] of quoted) {
    const [, foundPath, what] = pattern.exec(message) ?? [];
    if (what !== undefined) return `${at(foundPath)}; ${describe(what)}`;
  }
  return variable;
}

/** Of the schema or of a document: types, fields, variables, signs. Longer ones are none of ours, and may be a token. */
function isName(text: string): boolean {
  return /^(?:[$@]?[\w.[\]!]{1,31}|[!$&()[\]{}:=@|.?]{1,3})$/.test(text) && !holdsSecret(text);
}
