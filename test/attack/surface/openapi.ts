import type { RestRequest } from "../doors/rest-door.ts";
import { listInputs } from "./json-schema.ts";
import { accessOf, isRecord, put, type Access, type Input, type Operation } from "./operation.ts";

const methods = ["get", "put", "post", "delete", "patch"];

/** Every operation of an OpenAPI document. One whose answer can be of several media types is there once for each. */
export function listRestOperations(document: unknown): Operation[] {
  if (!isRecord(document) || !isRecord(document.paths))
    throw new Error("/openapi.json is no OpenAPI document");
  const root = document;
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = isRecord(item) ? item[method] : undefined;
      return isRecord(operation) ? toOperations(method.toUpperCase(), path, operation, root) : [];
    }),
  );
}

type Described = Readonly<Record<string, unknown>>;

function toOperations(
  method: string,
  path: string,
  operation: Described,
  root: Described,
): Operation[] {
  const bodyTypes = mediaTypesOf(operation.requestBody);
  const inputs = [
    ...parametersOf(operation).map((parameter) => toInput(parameter)),
    ...(bodyTypes.includes("application/json")
      ? listInputs(bodySchema(operation.requestBody), root, "body", true)
      : []),
  ];
  const answerTypes = successTypes(operation.responses);
  const isStream = answerTypes.join() === "text/event-stream";
  const variants = answerTypes.length > 1 ? answerTypes : [answerTypes[0] ?? "*/*"];
  return variants.map((accept) => ({
    door: "rest",
    name: `${method} ${path}${variants.length > 1 ? ` (${accept})` : ""}`,
    access: restAccess(operation),
    kind: isStream ? "stream" : method === "GET" ? "read" : "change",
    inputs,
    gives: undefined,
    build: (values) => buildRequest(method, path, accept, values),
  }));
}

/** By what it asks for: nothing at all, nothing necessarily, or an admin's proof. */
function restAccess({ security, description }: Described): Access {
  const alternatives = Array.isArray(security) ? security.filter(isRecord) : [];
  if (alternatives.length === 0) return "public";
  const mayBeNobody = alternatives.some((one) => Object.keys(one).length === 0);
  return accessOf(
    typeof description === "string" ? description : "",
    mayBeNobody ? "person" : "admin",
  );
}

function parametersOf({ parameters }: Described): Described[] {
  return Array.isArray(parameters) ? parameters.filter(isRecord) : [];
}

function toInput({ in: place, name, required }: Described): Input {
  return {
    path: `${String(place)}.${String(name)}`,
    isRequired: required === true,
    options: undefined,
    isList: false,
  };
}

function mediaTypesOf(body: unknown): string[] {
  return isRecord(body) && isRecord(body.content) ? Object.keys(body.content) : [];
}

function bodySchema(body: unknown): unknown {
  const content = isRecord(body) ? body.content : undefined;
  const json = isRecord(content) ? content["application/json"] : undefined;
  return isRecord(json) ? json.schema : undefined;
}

function successTypes(responses: unknown): string[] {
  const successes = Object.entries(isRecord(responses) ? responses : {}).filter(([status]) =>
    status.startsWith("2"),
  );
  return [...new Set(successes.flatMap(([, response]) => mediaTypesOf(response)))];
}

function buildRequest(
  method: string,
  template: string,
  accept: string,
  values: ReadonlyMap<string, unknown>,
): RestRequest {
  const body: Record<string, unknown> = {};
  const query = new URLSearchParams();
  const headers: Record<string, string> = { Accept: accept };
  let path = template;
  let hasBody = false;
  for (const [at, value] of values) {
    const [place = "", ...names] = at.split(".");
    const name = names.join(".");
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
    else if (place === "query") query.set(name, String(value));
    else if (place === "header") headers[name] = String(value);
    else {
      put(body, names, value);
      hasBody = true;
    }
  }
  if (hasBody) headers["Content-Type"] = "application/json";
  const search = query.size > 0 ? `?${query.toString()}` : "";
  return {
    type: "rest",
    method,
    path: `${path}${search}`,
    headers,
    body: hasBody ? JSON.stringify(body) : undefined,
  };
}
