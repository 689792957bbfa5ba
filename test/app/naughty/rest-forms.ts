import type { Fetch } from "../../../api/http.ts";
import {
  createResolve,
  makeLeast,
  takesObject,
  takesText,
  type JsonSchema,
} from "./json-schema.ts";
import { findValues, type Answer, type Expected, type Form } from "./probe.ts";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly schema: JsonSchema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: JsonSchema }> };
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface RestDoor {
  readonly fetch: Fetch;
  /** Of everything: tenant, visitor, admin. */
  readonly headers: Readonly<Record<string, string>>;
  /** What stands for a name in a path, of a thing that is there. */
  readonly pathValue: (name: string, lane: number, path: string) => string;
}

const tenantsPath = "/api/v1/admin/tenants";
const documentsPath = "/api/v1/admin/documents";
const keysPath = "/api/v1/admin/keys";

/** What is made anew each time needs a name that nobody has. */
export function newTenantId(): string {
  return `made-${crypto.randomUUID()}`;
}

/** Settings have names of their own; what a caller may name is among the branding. */
export const holderOf = (field: string) => (field === "settings" ? "branding" : undefined);

/** Bytes of UTF-8 as a header has them. */
const toHeader = (text: string) => Buffer.from(text).toString("latin1");
/** What a header can't hold at all. */
export const isHeader = (text: string) => !/[\0\r\n]/.test(text);

/** One request without a port. */
export async function ask(
  { fetch, headers }: RestDoor,
  method: string,
  path: string,
  more: Readonly<Record<string, string>> = {},
  json?: unknown,
): Promise<{ response: Response; body: unknown }> {
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const request = new Request(`http://localhost${path}`, {
    method: method.toUpperCase(),
    headers: { ...headers, "Content-Type": "application/json", ...more },
    ...body,
  });
  const response = await fetch(request, { address: "127.0.0.1" });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  // A chat's stream never ends by itself.
  if (isStream && path !== "/graphql") {
    await response.body?.cancel();
    return { response, body: undefined };
  }
  if (isStream) return { response, body: await readEvents(response) };
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return { response, body: isJson ? JSON.parse(text) : text };
}

/** The results of a subscription: to its end where that is near, else the first. */
async function readEvents({ body }: Response): Promise<unknown> {
  let text = "";
  for await (const part of body ?? []) {
    text += Buffer.from(part).toString();
    if (/^event: complete/m.test(text) || text.includes('"errors"')) break;
  }
  const [, json] = /^data: (.+)$/m.exec(text) ?? [];
  return json && JSON.parse(json);
}

/** A form for the body of each operation, and one for each of its parameters. */
export function makeRestForms(door: RestDoor, document: OpenApi): Form[] {
  const resolve = createResolve(document);
  const headersSeen = new Set<string>();
  const forms: Form[] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const name = `${method} ${path}`;
      const schema = operation.requestBody?.content["application/json"]?.schema;
      const makeBody = (lane: number) => {
        const least = schema && makeLeast(schema, resolve, `something harmless ${lane}`);
        if (schema && path === tenantsPath) return { ...Object(least), id: newTenantId() };
        return schema && path === documentsPath
          ? { ...Object(least), content: "Something" }
          : least;
      };
      if (schema) forms.push(makeBodyForm(door, method, path, resolve(schema), makeBody));
      for (const parameter of operation.parameters ?? []) {
        if (!takesText(resolve(parameter.schema))) continue;
        if (parameter.in === "header" && headersSeen.has(parameter.name)) continue;
        if (parameter.in === "header") headersSeen.add(parameter.name);
        forms.push({
          name: `${name} (${parameter.in})`,
          fields: [parameter.name],
          silent: true,
          send: (values, lane) =>
            sendParameter(door, method, path, parameter, values, lane, makeBody(lane)),
        });
      }
    }
  }
  return forms;
}

function makeBodyForm(
  door: RestDoor,
  method: string,
  path: string,
  { properties = {} }: JsonSchema,
  makeBody: (lane: number) => unknown,
): Form {
  const texts = Object.keys(properties)
    .filter((key) => takesText(properties[key] ?? {}))
    // It stands in place of the text, and says nothing that could come back.
    .filter((key) => key !== "content_base64");
  const objects = Object.keys(properties).filter((key) => takesObject(properties[key] ?? {}));
  return {
    name: `${method} ${path}`,
    expected: /\/(messages|edit)$/.test(path) ? expectMessage : expectDocument,
    // An object holds the text as a name, and as a value.
    fields: [...texts, ...objects.flatMap((key) => [`${key} key`, `${key} value`])],
    async send(values, lane) {
      const body: Record<string, unknown> = { ...Object(makeBody(lane)) };
      for (const [field, text] of Object.entries(values)) {
        const [key = "", part] = field.split(" ");
        if (!part) body[key] = text;
        else addEntry(body, key, makeEntry(part, text));
      }
      const { response, body: answer } = await ask(door, method, fill(path, door, lane), {}, body);
      await makeRoom(door, path, answer);
      const location = response.headers.get("location");
      const stored = location ? (await ask(door, "get", location)).body : undefined;
      return read(response, answer, (field) => {
        const [key = "", part] = field.split(" ");
        // Where it was stored, what is stored counts.
        const found = [stored, answer].map((one) => findValues(one, key)).find((all) => all.length);
        if (!part) return found ?? [];
        return (found ?? []).flatMap((value) => readEntries(value, key, part));
      });
    },
  };
}

/** A tenant has room for so many keys. */
async function makeRoom(door: RestDoor, path: string, answer: unknown): Promise<void> {
  const { id, key } = Object(answer);
  if (path === keysPath && key) await ask(door, "delete", `${keysPath}/${String(id)}`);
}

/** Adds to the object of that name, where names and values are of the caller's choice. */
export function addEntry(body: Record<string, unknown>, key: string, entry: object): void {
  const holder = holderOf(key);
  const outer: Record<string, unknown> = { ...Object(body[key]) };
  if (holder) outer[holder] = { ...Object(outer[holder]), ...entry };
  body[key] = holder ? outer : { ...outer, ...entry };
}

export function readEntries(value: unknown, key: string, part: string): readonly unknown[] {
  const holder = holderOf(key);
  const held: unknown = holder ? Object(value)[holder] : value;
  return part === "key" ? Object.keys(Object(held)) : [Object(held)["held"]];
}

/** A message loses what PostgreSQL can't hold: a question is answered all the same. */
export const expectMessage: Expected = (field, text) =>
  field === "content" || field === "message" ? text.replaceAll("\0", "").toWellFormed() : undefined;

/** An empty field counts as left out (a title is then made from the text, else from the source), an address is kept in its normal form, a mark at the start is no text. */
export const expectDocument: Expected = (field, text) => {
  if (field === "url") return URL.parse(text)?.href ?? null;
  if (field === "comment") return text || null;
  const isDocument = field === "content" || field === "text";
  if (isDocument) return text.replace(/^\ufeff/, "");
  return field === "title" && text.trim() === "" ? /^something/i : undefined;
};

/** Its own property, also where the name is `__proto__`. */
export function makeEntry(part: string, text: string): object {
  return part === "key" ? Object.fromEntries([[text, "1"]]) : { held: text };
}

async function sendParameter(
  door: RestDoor,
  method: string,
  path: string,
  { name, in: place }: Parameter,
  values: Readonly<Record<string, string>>,
  lane: number,
  least: unknown,
): Promise<Answer> {
  const text = (values[name] ?? "").toWellFormed();
  const address = fill(path, door, lane, place === "path" ? { [name]: text } : {});
  const query = place === "query" ? `?${name}=${encodeURIComponent(text)}` : "";
  const headers = place === "header" ? { [name]: toHeader(text) } : {};
  const { response, body } = await ask(door, method, address + query, headers, least);
  return read(response, body, () => []);
}

function fill(
  path: string,
  door: RestDoor,
  lane: number,
  given: Readonly<Record<string, string>> = {},
): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(given[name] ?? door.pathValue(name, lane, path)),
  );
}

function read(
  { status }: Response,
  body: unknown,
  found: (field: string) => readonly unknown[],
): Answer {
  if (status < 400) return { status, found };
  const [code] = findValues(body, "code");
  return { status, code: typeof code === "string" ? code : undefined };
}
