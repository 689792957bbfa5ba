import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildClientSchema, buildSchema, getIntrospectionQuery, type GraphQLSchema } from "graphql";
import { callHttp } from "../doors/http-call.ts";
import { parseLoosely } from "../doors/answer.ts";
import { readResult } from "../doors/graphql-request.ts";
import { listFrames } from "./frames.ts";
import { listGraphqlOperations } from "./graphql-operations.ts";
import { listRestOperations } from "./openapi.ts";
import { isRecord, type Operation } from "./operation.ts";

/** All that can be asked for at the doors of a server, as it describes itself. */
export interface Surface {
  readonly operations: readonly Operation[];
  /** Where the schema was read. */
  readonly schemaSource: "introspection" | "schema.graphql";
}

const root = join(import.meta.dirname, "../../..");

/** @param tenantId a tenant that the server knows. @throws Error when it is no MIPTech server */
export async function readSurface(url: string, tenantId: string): Promise<Surface> {
  const document = await callHttp({
    url: `${url}/openapi.json`,
    method: "GET",
    headers: {},
    body: undefined,
  });
  const introspected = await introspect(url, tenantId);
  const schema = introspected ?? (await readCheckedIn());
  return {
    operations: [
      ...listRestOperations(parseLoosely(document.body)),
      ...listGraphqlOperations(schema),
      ...listFrames(),
    ],
    schemaSource: introspected ? "introspection" : "schema.graphql",
  };
}

/** Undefined where the server doesn't let itself be asked. */
async function introspect(url: string, tenantId: string): Promise<GraphQLSchema | undefined> {
  const { body } = await callHttp({
    url: `${url}/graphql`,
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Tenant-ID": tenantId },
    body: JSON.stringify({ query: getIntrospectionQuery() }),
  });
  const { data, errors } = readResult(parseLoosely(body));
  if (errors.length > 0 || !isIntrospection(data)) return undefined;
  return buildClientSchema(data);
}

function isIntrospection(data: unknown): data is Parameters<typeof buildClientSchema>[0] {
  return isRecord(data) && isRecord(data.__schema);
}

async function readCheckedIn(): Promise<GraphQLSchema> {
  return buildSchema(await readFile(join(root, "schema.graphql"), "utf8"));
}
